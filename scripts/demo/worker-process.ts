import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithThisProcess } from '../../src/dev-server/watchdog.js';
import type { Run } from './run.js';

const POLL_INTERVAL_MS = 100;
const LAST_LINES = 10;

export interface WorkerProcessOptions {
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}

/** A worker as a process of its own, which can be killed without harm to the demo. */
export interface WorkerProcess {
  readonly pid: number;
  /** SIGKILL: no handler of the worker runs, as in a crash. */
  kill(): Promise<void>;
}

/** Starts a worker and waits until it takes work; the run ends it, and fails when it ends by itself. */
export async function startWorkerProcess(run: Run, options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { command, cwd, env, logFile } = options;
  const [program, ...args] = command;
  const log = openSync(logFile, 'a');
  // Out of the terminal's process group: a Ctrl-C is for the demo, which ends its workers itself.
  const detached = process.platform !== 'win32';
  const child = spawn(program, args, { cwd, env, detached, stdio: ['ignore', log, log], windowsHide: true });
  closeSync(log);
  let ending = false;
  let over = false;
  const exited = once(child, 'close').then(async ([code, signal]) => {
    over = true;
    const how = `the worker ended by itself (${signal ?? `exit code ${code}`})`;
    if (!ending) run.fail(new Error(`${how}; ${logFile} ends with:\n${await lastLines(logFile)}`));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started`);
  const unwatch = endWithThisProcess(pid);
  const kill = async () => {
    ending = true;
    if (!over) child.kill('SIGKILL');
    await exited;
    unwatch();
  };
  run.onEnd(kill);
  while (!(await readFile(logFile, 'utf8')).includes('polls task queue')) await run.until(sleep(POLL_INTERVAL_MS));
  return { pid, kill };
}

async function lastLines(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.slice(-LAST_LINES).join('\n');
}
