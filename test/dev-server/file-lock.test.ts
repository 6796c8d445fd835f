import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withFileLock } from '../../src/dev-server/file-lock.js';

let directory: string;
let lock: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-lock-'));
  lock = join(directory, 'deep', 'lock');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('tasks under one lock never overlap', async () => {
  let running = 0;
  const task = async (): Promise<void> => {
    running += 1;
    expect(running).toBe(1);
    await sleep(30);
    running -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withFileLock(lock, task)));
});

test('a failed task releases the lock', async () => {
  await expect(withFileLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(stat(lock)).rejects.toThrow(/ENOENT/);
});

describe('the lock of a dead owner is taken over', () => {
  test('at once, when its process was on this machine', async () => {
    const owner = spawn(process.execPath, ['-e', '']);
    await once(owner, 'exit');
    const path = join(directory, 'lock');
    await writeFile(path, `${hostname()} ${owner.pid}\n`);
    await expect(withFileLock(path, () => Promise.resolve('done'))).resolves.toBe('done');
  });

  test('once the lock has aged, when it was on another', async () => {
    const path = join(directory, 'lock');
    await writeFile(path, `another-host ${process.pid}\n`);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(path, longAgo, longAgo);
    await expect(withFileLock(path, () => Promise.resolve('done'))).resolves.toBe('done');
  });
});
