import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assembleOutput } from '../../src/batch/index.js';
import { Durations } from '../../src/batch/durations.js';
import { partLine } from '../../src/batch/part-file.js';
import type { InputIndex } from '../../src/core/batch/batch.js';
import { batchFolder, parseLines, storage, type BatchFolder } from './folder.js';
import { shortRecord } from './record.js';

const CHUNK_ROWS = 4;

let files: BatchFolder;

beforeAll(async () => {
  files = await batchFolder();
});
afterAll(() => files.remove());

/** What a writer does: it writes a record, and may die while it does so, with so much of it written. */
const step = fc.record({
  row: fc.nat(15),
  writer: fc.nat(3),
  state: fc.constantFrom('answered', 'answered', 'failed', 'attempted'),
  written: fc.option(fc.double({ min: 0, max: 0.99, noNaN: true }), { freq: 4 }),
});

describe('any number of writers that die at any time', () => {
  test('each row is in the output exactly once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        await rm(join(files.path, 'batch'), { recursive: true, force: true });
        const dead = new Map<number, number>();
        const states = new Map<number, Set<string>>();
        for (const [at, { row, writer, state, written }] of steps.entries()) {
          const chunk = Math.floor(row / CHUNK_ROWS);
          const line = Buffer.from(`${partLine(shortRecord(row, state, `${state} ${row} ü ${at}`))}\n`);
          const folder = join(files.path, 'batch', 'parts', String(chunk).padStart(6, '0'));
          await mkdir(folder, { recursive: true });
          // A writer that died comes back under another name.
          const name = `w${writer}-${dead.get(writer) ?? 0}.jsonl`;
          const length = written === null ? line.length : Math.floor(written * line.length);
          await appendFile(join(folder, name), line.subarray(0, length));
          if (length < line.length) dead.set(writer, (dead.get(writer) ?? 0) + 1);
          else states.set(row, (states.get(row) ?? new Set()).add(state));
        }
        const index = { rows: 16, chunks: 4 } as InputIndex;
        const out = files.at('out');
        const options = { storage, folder: files.folder, out, index, partial: true };
        const summary = await assembleOutput(options);
        const rowsIn = async (name: string): Promise<number[]> =>
          (parseLines(await files.text(`out/${name}`)) as string[]).map((line) => Number(line.split(' ')[1]));
        const rows = [...states.keys()].toSorted((a, b) => a - b);
        const answered = rows.filter((row) => states.get(row)?.has('answered'));
        const failed = rows.filter((row) => !answered.includes(row) && states.get(row)?.has('failed'));
        expect(await rowsIn('output.jsonl')).toEqual(answered);
        expect(await rowsIn('errors.jsonl')).toEqual(failed);
        expect(summary).toMatchObject({ answered: answered.length, failed: failed.length });
        const before = await files.text('out/output.jsonl');
        expect(await assembleOutput(options)).toEqual(summary);
        expect(await files.text('out/output.jsonl')).toBe(before);
      }),
      { numRuns: 60 },
    );
  });
});

describe('durations', () => {
  test('percentiles are within 1 %, and a millisecond', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000_000), { minLength: 1, maxLength: 200 }), (values) => {
        const durations = new Durations();
        for (const value of values) durations.add(value);
        const sorted = values.toSorted((a, b) => a - b);
        const summary = durations.summary()!;
        for (const [share, found] of [
          [0.5, summary.p50],
          [0.95, summary.p95],
        ] as const) {
          const exact = sorted[Math.ceil(share * values.length) - 1]!;
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * 0.0101 + 1);
        }
        expect([summary.min, summary.max]).toEqual([sorted[0], sorted.at(-1)]);
        expect(
          Math.abs(summary.mean - values.reduce((sum, value) => sum + value, 0) / values.length),
        ).toBeLessThanOrEqual(0.5);
      }),
    );
    expect(new Durations().summary()).toBeNull();
  });
});
