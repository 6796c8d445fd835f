import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChunkPart } from '../../../src/activities/batch/chunk-part.js';
import { answeredRecord, readParts } from '../../../src/batch/index.js';
import type { RunChunkInput } from '../../../src/core/batch/batch.js';
import { StorageError, type Storage } from '../../../src/storage/index.js';
import { batchFolder, storage, type BatchFolder } from '../../batch/folder.js';
import { report } from '../../batch/record.js';

let folder: BatchFolder;
beforeEach(async () => {
  folder = await batchFolder();
});
afterEach(() => folder.remove());

const record = (row: number) =>
  answeredRecord({ row, customId: `row-${row}` }, { response: {}, report: report([]) }, { batchId: 'b', round: 1 });

/** A part whose storage is away for so many writes, on a clock of its own. */
function open(awayFor: number, error: Error = new StorageError('full', 'write', 'file:///out', new Error('no space'))) {
  let left = awayFor;
  let nowMs = 0;
  const told: (string | null)[] = [];
  const abort = new AbortController();
  const away: Storage = Object.assign(Object.create(storage) as Storage, {
    appender: async (location: string) => {
      left -= 1;
      if (left >= 0) throw error;
      return storage.appender(location);
    },
  });
  const deps = {
    storage: away,
    clock: {
      now: () => nowMs,
      sleep: async (ms: number) => void (nowMs += ms),
      every: () => () => {},
    },
    onTrouble: (trouble: string | null) => void told.push(trouble),
    abort: abort.signal,
  };
  const input = { files: { folder: folder.folder }, chunk: 0 } as RunChunkInput;
  return { part: new ChunkPart(deps, input), told, abort, elapsedMs: () => nowMs };
}

describe('answers that are paid for, while storage is away', () => {
  test('wait for it to come back, which is told once', async () => {
    const { part, told } = open(5);
    await Promise.all([part.append(record(0)), part.append(record(1))]);
    await part.close();
    expect(told).toEqual([expect.stringContaining('no space'), null]);
    expect(
      [...(await readParts({ storage, folder: folder.folder, chunk: 0 })).keys()].toSorted((a, b) => a - b),
    ).toEqual([0, 1]);
  });

  test('wait as long as the calls of rows do, and no longer', async () => {
    const { part, told, elapsedMs } = open(Infinity);
    await expect(part.append(record(0))).rejects.toThrow('no space');
    expect(elapsedMs()).toBe(600_000);
    expect(told).toHaveLength(1);
  });

  test('wait no longer once the batch is cancelled', async () => {
    const { part, abort, elapsedMs } = open(Infinity);
    abort.abort();
    await expect(part.append(record(0))).rejects.toThrow('no space');
    expect(elapsedMs()).toBe(0);
  });

  test('do not wait for what is no trouble of storage', async () => {
    const { part, told } = open(1, new TypeError('a bug'));
    await expect(part.append(record(0))).rejects.toThrow('a bug');
    expect(told).toEqual([]);
  });
});
