import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TailLines } from './tail-lines.js';
import { endWithThisProcess } from './watchdog.js';

const LINES_IN_ERROR = 10;

export interface ProgramOptions {
  /** What is run, for the message of a failure. */
  what: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
  onLine?: (line: string) => void;
}

/**
 * Runs a program until it ends; it ends with this process, however that ends.
 * @throws Error with the last lines that it printed, when it fails
 */
export async function runProgram([program, ...args]: readonly [string, ...string[]], options: ProgramOptions) {
  const output = new TailLines(LINES_IN_ERROR);
  const child = spawn(program, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      output.push(line);
      options.onLine?.(line);
    });
  }
  const unwatch = child.pid === undefined ? undefined : endWithThisProcess(child.pid);
  try {
    const exit = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(signal ?? String(code)));
    });
    if (exit !== '0') throw new Error(`${options.what} failed (${exit}):\n${output.text()}`);
  } finally {
    unwatch?.();
  }
}
