import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { locate } from './requirements.js';

/**
 * Runs a program of `test/gateway` with OpenAI's client for Python, and returns the JSON that it prints.
 * @param name - of its file
 */
export async function askWithPython(name: string, ...args: readonly string[]): Promise<unknown> {
  const program = fileURLToPath(new URL(`../gateway/${name}`, import.meta.url));
  const { stdout } = await promisify(execFile)(locate('python-openai') ?? '', [program, ...args]);
  return JSON.parse(stdout) as unknown;
}
