import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const RECENT = 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)';

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
      `printf '#!/bin/sh\\necho "${RECENT}"\\n' > "$GOBIN/temporal"`,
      '/bin/chmod 755 "$GOBIN/temporal"',
    ].join('\n'),
  );
}

/** A `go` whose `install` fails. */
export function writeBrokenGo(directory: string): Promise<string> {
  return writeScript(join(directory, 'go'), 'echo "go: the module is nowhere to be found" >&2; exit 1');
}
