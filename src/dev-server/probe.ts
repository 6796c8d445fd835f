import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { executableName } from './cache-directory.js';

const PROBE_TIMEOUT_MS = 15_000;

export interface ServerVersion {
  major: number;
  minor: number;
}

/** The oldest server that the tests ask; older ones lack what Holdfast relies on, or do it in another way. */
export const MINIMUM_SERVER: ServerVersion = { major: 1, minor: 31 };

export function formatVersion({ major, minor }: ServerVersion): string {
  return `${major}.${minor}`;
}

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
export async function probeCli(path: string, minimum: ServerVersion = MINIMUM_SERVER): Promise<Probe> {
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
  const recent = major > minimum.major || (major === minimum.major && minor >= minimum.minor);
  if (recent) return { usable: true };
  return { usable: false, reason: `its server is ${major}.${minor}, at least ${formatVersion(minimum)} is needed` };
}
