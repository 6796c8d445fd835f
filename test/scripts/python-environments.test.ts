import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makePythonEnvironment, pythonProgram } from '../../scripts/python/environments.js';

let folder: string;
let calls: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-python-'));
  calls = join(folder, 'calls');
  vi.stubEnv('HOLDFAST_CACHE_DIR', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** A `python3` that notes each call; `-m venv DIR` puts it there, and `-m pip` does what is given. */
async function installPython(pip: string): Promise<void> {
  const path = join(folder, 'bin', 'python3');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(
    path,
    [
      '#!/bin/sh',
      `echo "$@" >> '${calls}'`,
      `case "$2" in venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;; pip) ${pip} ;; esac`,
      '',
    ].join('\n'),
  );
  await chmod(path, 0o755);
  vi.stubEnv('PATH', [dirname(path), process.env['PATH']].join(delimiter));
}

const make = () => makePythonEnvironment('openai', () => undefined);

test('an environment is made once, outside the clone', async () => {
  await installPython('true');
  expect(pythonProgram('openai')).toBeUndefined();
  const python = await make();
  expect(python.startsWith(join(folder, 'cache', 'python', 'openai-'))).toBe(true);
  expect(pythonProgram('openai')).toBe(python);
  expect(pythonProgram('openai', 'pip')).toBe(join(dirname(python), 'pip'));
  expect(pythonProgram('moto')).toBeUndefined();
  expect(await make()).toBe(python);
  const [venv, pip, ...others] = (await readFile(calls, 'utf8')).trim().split('\n');
  expect([venv, others]).toEqual([expect.stringContaining('-m venv '), []]);
  expect(pip).toMatch(/ install .*openai==\d/);
});

test('an installation that failed says why, does not count, and is begun again', async () => {
  await installPython('echo "no matching distribution" >&2; exit 1');
  await expect(make()).rejects.toThrow('no matching distribution');
  expect(pythonProgram('openai')).toBeUndefined();
  await installPython('true');
  expect(await make()).toBe(pythonProgram('openai'));
});

test('without Python there is a message', async () => {
  vi.stubEnv('PATH', join(folder, 'nothing'));
  await expect(make()).rejects.toThrow('install Python 3.11 or newer');
});
