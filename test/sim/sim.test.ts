import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const OPTIONS = { cwd: fileURLToPath(new URL('../..', import.meta.url)) };

/** A process of its own: workflows' code there gets the simulator's model of Temporal. */
test('a simulated world ends, and what must hold does; the same seed gives the same world', async () => {
  const args = ['scripts/sim.mjs', '--seed', '1', '--calls', '40', '--batches', '2'];
  const [first, again] = [await run(process.execPath, args, OPTIONS), await run(process.execPath, args, OPTIONS)];
  expect(first.stdout).toMatch(/1 worlds, 40 calls, 2 batches of \d+ rows; 0 worlds failed/);
  const digestOf = ({ stdout }: { stdout: string }) => /digest (\w+)/.exec(stdout)?.[1];
  expect(digestOf(first)).toMatch(/\w{12}/);
  expect(digestOf(again)).toBe(digestOf(first));
});
