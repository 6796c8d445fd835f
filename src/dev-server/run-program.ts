import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TailLines } from './tail-lines.js';

export interface ProgramOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  onLine?: (line: string) => void;
}

/**
 * Runs a program until it ends; it is ended with this process.
 * @throws Error with the last lines that it printed, when it fails
 */
export async function runProgram([program, ...args]: readonly [string, ...string[]], options: ProgramOptions) {
  const output = new TailLines(15);
  const child = spawn(program, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      output.push(line);
      options.onLine?.(line);
    });
  }
  const endWithParent = (): boolean => child.kill();
  process.once('exit', endWithParent);
  try {
    const exit = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(signal ?? String(code)));
    });
    if (exit !== '0') throw new Error(`\`${[program, ...args].join(' ')}\` ended with ${exit}:\n${output.text()}`);
  } finally {
    process.off('exit', endWithParent);
  }
}
