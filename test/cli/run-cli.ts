import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { runProgram } from '../../src/cli/program.js';
import { runWithin } from './surroundings.js';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Variables by which the machine the tests run on could point the program elsewhere. */
export const NO_TEMPORAL = {
  TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml',
  TEMPORAL_ADDRESS: '',
  TEMPORAL_NAMESPACE: '',
  TEMPORAL_DEBUG: '',
};

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/**
 * Runs a command of `holdfast` to its end, in this process: it loads what others have loaded. Not for commands that serve,
 * since those take the signals and the SDK's runtime of their process.
 */
export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { input = '', env = {}, cwd = process.cwd() } = options;
  const given = { input, env: { ...process.env, ...NO_TEMPORAL, ...env }, cwd };
  const { result, ...printed } = await runWithin(given, () => runProgram(['node', 'holdfast', ...args]));
  return { code: result, ...printed };
}

/** A command, at the server of the run and this task queue. */
export function connectedTo(taskQueue: string, args: readonly string[]): string[] {
  return [...args, '--address', inject('temporalAddress'), '--task-queue', taskQueue];
}

/** Runs `holdfast` to its end, as a process of its own. */
export function runCliProcess(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return spawnToEnd([process.execPath, CLI, ...args], options);
}

async function spawnToEnd(
  [program = '', ...args]: readonly string[],
  { input = '', env = {}, cwd }: RunOptions,
): Promise<Finished> {
  const child = spawn(program, args, {
    env: { ...process.env, ...NO_TEMPORAL, ...env },
    stdio: 'pipe',
    ...(cwd === undefined ? {} : { cwd }),
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}
