import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assembleOutput, discardParts, openPart, type BatchSummary, type RowRecord } from '../../src/batch/index.js';
import type { InputIndex } from '../../src/core/batch/batch.js';
import { NOW_MS } from '../core/build.js';
import { skipWithout } from '../helpers/requirements.js';
import { mountSmallDisk } from '../helpers/small-disk.js';
import { batchFolder, parseLines, storage, type BatchFolder } from './folder.js';
import { shortRecord } from './record.js';

const CHUNK_ROWS = 10;

let files: BatchFolder;

beforeEach(async () => {
  files = await batchFolder();
});
afterEach(() => files.remove());

async function write(writer: string, records: readonly RowRecord[]): Promise<void> {
  for (const record of records) {
    const chunk = Math.floor(record.facts.row / CHUNK_ROWS);
    const part = await openPart({ storage, folder: files.folder, chunk, writer });
    await part.append(record);
    await part.close();
  }
}

function assemble(rows: number, partial = false, set: Partial<Parameters<typeof assembleOutput>[0]> = {}) {
  const index = { rows, chunks: Math.ceil(rows / CHUNK_ROWS) } as InputIndex;
  return assembleOutput({ storage, folder: files.folder, out: files.at('out'), index, partial, ...set });
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
const output = async (): Promise<unknown[]> => parseLines(await files.text('out/output.jsonl'));
const errors = async (): Promise<unknown[]> => parseLines(await files.text('out/errors.jsonl'));
const summaryFile = async (): Promise<unknown> => JSON.parse(await files.text('out/summary.json')) as unknown;

describe('the output', () => {
  test('has answers and errors in the order of the input, and a summary', async () => {
    const tokens = { prompt: 3, completion: 4, total: 7 };
    const backwards = numbers(25).toReversed();
    const records = backwards.map((row) => {
      const failed = row % 5 === 2;
      const kind = row === 2 ? 'Timeout' : 'RateLimitError';
      const timing = {
        startedAtMs: NOW_MS + row * 1000,
        durationMs: (row + 1) * 100,
        tokens,
        group: row < 5 ? 'a' : 'b',
      };
      return failed
        ? shortRecord(row, 'failed', `e${row}`, { ...timing, kind, attempts: 3, retries: 2, failures: { [kind]: 3 } })
        : shortRecord(row, 'answered', `o${row}`, { ...timing, attempts: 2, fallbacks: 1, failures: { Timeout: 1 } });
    });
    await write('w', records);
    const seen: number[] = [];
    const summary = await assemble(25, false, { onProgress: (chunks) => seen.push(chunks) });
    expect(await output()).toEqual(
      numbers(25)
        .filter((row) => row % 5 !== 2)
        .map((row) => `o${row}`),
    );
    expect(await errors()).toEqual(['e2', 'e7', 'e12', 'e17', 'e22']);
    expect(seen).toEqual([1, 2, 3]);
    expect(await summaryFile()).toEqual(summary);
    expect(summary).toEqual({
      rows: 25,
      answered: 20,
      failed: 5,
      notRun: 0,
      errors: { Timeout: 1, RateLimitError: 4 },
      failedAttempts: { Timeout: 23, RateLimitError: 12 },
      attempts: 55,
      retries: 10,
      fallbacks: 20,
      tokens: { prompt: 75, completion: 100, total: 175 },
      durationsMs: { min: 100, mean: 1300, p50: expect.any(Number), p95: expect.any(Number), max: 2500 },
      groups: { a: 4, b: 16 },
      startedAt: new Date(NOW_MS).toISOString(),
      endedAt: new Date(NOW_MS + 26_500).toISOString(),
    } satisfies BatchSummary);
    expect(summary.durationsMs!.p50 / 1300).toBeCloseTo(1, 1);
    expect(summary.durationsMs!.p95 / 2400).toBeCloseTo(1, 1);
    expect((await readdir(join(files.path, 'out'))).toSorted()).toEqual([
      'errors.jsonl',
      'output.jsonl',
      'summary.json',
    ]);
  });

  test('a row without an end is an error, and nothing is written; unless what is there is asked for', async () => {
    await write('w', [
      shortRecord(0, 'answered', 'o0'),
      shortRecord(1, 'attempted', 'a1'),
      shortRecord(13, 'failed', 'e13'),
    ]);
    await expect(assemble(15)).rejects.toThrow(/13 of 15 rows of the batch have no end in .*batch$/);
    expect(await readdir(join(files.path, 'out'))).toEqual([]);
    const summary = await assemble(15, true);
    expect(summary).toMatchObject({ rows: 15, answered: 1, failed: 1, notRun: 13, attempts: 3, durationsMs: null });
    expect([await output(), await errors()]).toEqual([['o0'], ['e13']]);
    await write(
      'x',
      numbers(15).map((row) => shortRecord(row, 'answered', `n${row}`)),
    );
    expect(await assemble(15)).toMatchObject({ answered: 15, failed: 0, notRun: 0 });
    expect([await output(), await errors()]).toEqual([
      [
        'o0',
        ...numbers(15)
          .slice(1)
          .map((row) => `n${row}`),
      ],
      [],
    ]);
  });

  test('what was done in earlier rounds counts as work, and each row as it stands', async () => {
    const times = (second: number) => ({ startedAtMs: NOW_MS + second * 1000, durationMs: 200 });
    const failed = { kind: 'RateLimitError', failures: { RateLimitError: 3 }, attempts: 3, retries: 2 } as const;
    await write('a', [
      shortRecord(0, 'answered', 'o0', times(0)),
      shortRecord(1, 'attempted', 'a1', { failures: { RateLimitError: 1 }, ...times(1) }),
      shortRecord(1, 'failed', 'e1', { ...failed, ...times(1) }),
      shortRecord(2, 'failed', 'e2', { ...failed, ...times(2) }),
      shortRecord(3, 'attempted', 'a3', { failures: { RateLimitError: 1 }, ...times(3) }),
    ]);
    await write('b', [
      shortRecord(1, 'answered', 'o1', { round: 2, ...times(10) }),
      shortRecord(2, 'failed', 'f2', { ...failed, round: 2, ...times(11), durationMs: 500 }),
      shortRecord(3, 'answered', 'o3', { round: 2, ...times(12) }),
    ]);
    const tokens = { prompt: 7, completion: 7, total: 14 };
    expect(await assemble(4)).toMatchObject({
      answered: 3,
      failed: 1,
      errors: { RateLimitError: 1 },
      attempts: 13,
      retries: 6,
      failedAttempts: { RateLimitError: 10 },
      tokens,
      durationsMs: { min: 200, max: 500, mean: 275 },
      startedAt: new Date(NOW_MS).toISOString(),
      endedAt: new Date(NOW_MS + 12_200).toISOString(),
    });
    expect([await output(), await errors()]).toEqual([['o0', 'o1', 'o3'], ['f2']]);
  });

  test('a batch without rows has empty files', async () => {
    expect(await assemble(0)).toMatchObject({ rows: 0, startedAt: null, endedAt: null, durationsMs: null });
    expect([await output(), await errors()]).toEqual([[], []]);
  });

  test('lines go out byte by byte, those of chunks that are too large to hold too', async () => {
    const large = 'ü\u0001"'.repeat(300_000);
    const records = numbers(20).map((row) =>
      shortRecord(row, row === 4 ? 'failed' : 'answered', `${row} ${row < 12 ? large : 'small'}`),
    );
    await write('w', records.toReversed());
    await assemble(20);
    const text = records.filter((_, row) => row !== 4).map(({ line }) => `${line}\n`);
    expect((await files.text('out/output.jsonl')) === text.join('')).toBe(true);
    expect((await files.text('out/errors.jsonl')) === `${records[4]!.line}\n`).toBe(true);
  });

  test('once the parts are gone, it stays as it is', async () => {
    await write(
      'w',
      numbers(12).map((row) => shortRecord(row, 'answered', `o${row}`)),
    );
    const summary = await assemble(12);
    await discardParts({ storage, folder: files.folder, summary });
    expect((await readdir(join(files.path, 'batch'))).toSorted()).toEqual(['summary.json']);
    for (const partial of [true, false]) expect(await assemble(12, partial)).toEqual(summary);
    expect(await output()).toHaveLength(12);
    await discardParts({ storage, folder: files.folder, summary });
  });
});

describe('an output that cannot be written', () => {
  const twelve = (): Promise<void> =>
    write(
      'w',
      numbers(12).map((row) => shortRecord(row, 'answered', 'x'.repeat(300_000))),
    );

  test('because it lies below a file: denied', async () => {
    await twelve();
    await writeFile(join(files.path, 'file'), '');
    await expect(assemble(12, false, { out: files.at('file/out') })).rejects.toMatchObject({
      name: 'StorageError',
      code: 'denied',
      location: `${files.at('file/out')}/output.jsonl`,
    });
  });

  test('because a folder stands where a file should: the other file stays as it was', async () => {
    await twelve();
    await mkdir(join(files.path, 'out', 'errors.jsonl'), { recursive: true });
    await expect(assemble(12)).rejects.toMatchObject({ code: 'denied' });
    await rm(join(files.path, 'out'), { recursive: true });
    expect(await assemble(12)).toMatchObject({ answered: 12 });
  });

  test.skipIf(skipWithout('mounts'))(
    'because the disk is full: what was there stays, and it works once there is space',
    async () => {
      await twelve();
      const disk = mountSmallDisk(1024);
      try {
        await writeFile(join(disk.path, 'output.jsonl'), 'before');
        const out = `file://${disk.path}`;
        await expect(assemble(12, false, { out })).rejects.toMatchObject({ name: 'StorageError', code: 'full' });
        expect(await readdir(disk.path)).toEqual(['output.jsonl']);
      } finally {
        disk.unmount();
      }
      expect(await assemble(12)).toMatchObject({ answered: 12 });
    },
  );

  test('because it was ended from outside: nothing is left behind', async () => {
    await twelve();
    const abort = new AbortController();
    const ended = assemble(12, false, { signal: abort.signal, onProgress: () => abort.abort(new Error('stop')) });
    await expect(ended).rejects.toThrow('stop');
    expect(await readdir(join(files.path, 'out'))).toEqual([]);
  });
});
