import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { executableName } from './cache-directory.js';

const PROBE_TIMEOUT_MS = 15_000;

/** Older servers lack operator commands and limits that Holdfast relies on. */
const MINIMUM_SERVER = { major: 1, minor: 29 };

export type Probe = { usable: true } | { usable: false; reason: string };

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first executable of that name on the `PATH` of `env`. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, executableName(name)))
    .find(isExecutableFile);
}

/** Runs `path --version`: a binary for another machine, another program of that name or an old release is not usable. */
export async function probeCli(path: string): Promise<Probe> {
  if (!isExecutableFile(path)) return { usable: false, reason: 'no executable file' };
  let stdout: string;
  try {
    ({ stdout } = await promisify(execFile)(path, ['--version'], { timeout: PROBE_TIMEOUT_MS }));
  } catch (error) {
    return { usable: false, reason: `\`--version\` failed: ${(error as Error).message.trim()}` };
  }
  const server = /\bServer (\d+)\.(\d+)/.exec(stdout);
  if (!server) return { usable: false, reason: `\`--version\` names no server: ${stdout.trim().slice(0, 100)}` };
  const [major, minor] = [Number(server[1]), Number(server[2])];
  const recent = major > MINIMUM_SERVER.major || (major === MINIMUM_SERVER.major && minor >= MINIMUM_SERVER.minor);
  if (recent) return { usable: true };
  return {
    usable: false,
    reason: `its server is ${major}.${minor}, at least ${MINIMUM_SERVER.major}.${MINIMUM_SERVER.minor} is needed`,
  };
}
