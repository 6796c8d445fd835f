import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { TailLines } from '../src/dev-server/tail-lines.js';
import { serverEnvironment } from '../src/dev-server/server-process.js';
import { endWithThisProcess } from '../src/dev-server/watchdog.js';
import { waitFor } from '../test/helpers/wait-for.js';

const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 200;
const LINES_IN_ERROR = 25;

/** A program that serves others until it is stopped. It ends with this process, whatever ends that. */
export interface Service {
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts a program and waits until it is ready.
 * @throws Error with the last lines that it printed, when it ends before
 */
export async function startService(
  what: string,
  [program, ...args]: readonly [string, ...string[]],
  isReady: () => Promise<boolean>,
): Promise<Service> {
  const output = new TailLines(LINES_IN_ERROR);
  // Out of the terminal's process group: Ctrl-C goes to the benchmark, which ends what it started.
  const options = { cwd: '/', env: serverEnvironment(), detached: true } as const;
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => output.push(line));
  }
  const exited = once(child, 'exit');
  const hasExited = () => child.exitCode !== null || child.signalCode !== null;
  const unwatch = child.pid === undefined ? () => undefined : endWithThisProcess(child.pid);
  const stop = async () => {
    if (!hasExited()) child.kill('SIGINT');
    await exited;
    unwatch();
  };
  const isReadyOrGone = async () => hasExited() || (await isReady());
  try {
    await waitFor(isReadyOrGone, { everyMs: LOOK_EVERY_MS, timeoutMs: READY_WITHIN_MS, what });
    if (hasExited()) throw new Error(`it ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`);
  } catch (error) {
    await stop();
    throw new Error(`${what} did not start; ${program} printed last:\n${output.text()}`, { cause: error });
  }
  return { pid: child.pid ?? 0, stop };
}
