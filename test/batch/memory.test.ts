import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answeredRecord, assembleOutput, indexInput, openPart } from '../../src/batch/index.js';
import type { InputIndex } from '../../src/core/batch/batch.js';
import { batchFolder, chat, row, storage, type BatchFolder } from './folder.js';
import { attempt, report } from './record.js';

let files: BatchFolder;

beforeEach(async () => {
  files = await batchFolder();
});
afterEach(() => files.remove());

/** Takes samples of what is held, garbage left out. */
function heldBytes() {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const samples: number[] = [];
  return {
    sample: (): void => {
      // Once to find it, and once more to wait until it is gone.
      collectGarbage();
      collectGarbage();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      samples.push(heapUsed + arrayBuffers);
    },
    count: () => samples.length,
    growth: () => Math.max(...samples) - (samples[0] ?? 0),
  };
}

describe('memory', () => {
  test('to check 300,000 rows takes what the table of their ids takes', async () => {
    for (let part = 0; part < 30; part++) {
      const lines = Array.from({ length: 10_000 }, (_, number) =>
        row(`request-${part}-${number}`, chat('x'.repeat(60))),
      );
      await writeFile(join(files.path, 'many.jsonl'), `${lines.join('\n')}\n`, { flag: 'a' });
    }
    const held = heldBytes();
    const index = await indexInput({
      storage,
      input: files.at('many.jsonl'),
      folder: files.folder,
      chunkRows: 500,
      settings: {},
      onProgress: ({ rows }) => {
        if (rows >= held.count() * 30_000) held.sample();
      },
    });
    expect(index).toMatchObject({ rows: 300_000, chunks: 600, problems: 0 });
    expect(index.bytes).toBeGreaterThan(55_000_000);
    expect(held.count()).toBeGreaterThan(8);
    // 2^19 slots of 12 bytes in the end.
    expect(held.growth()).toBeLessThan(2 ** 19 * 12 + 6_000_000);
  });

  test('to write 100 MB of answers takes what a few chunks take', async () => {
    const chunks = 50;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const part = await openPart({ storage, folder: files.folder, chunk, writer: 'w' });
      for (let number = 0; number < 4; number++) {
        const response = { choices: [{ message: { content: 'x'.repeat(500_000) } }] };
        const name = { row: chunk * 4 + number, customId: `id-${chunk}-${number}` };
        const record = answeredRecord(name, { response, report: report([attempt(1)]) }, { batchId: 'b', round: 1 });
        await part.append(record);
      }
      await part.close();
    }
    const held = heldBytes();
    const summary = await assembleOutput({
      storage,
      folder: files.folder,
      out: files.at('out'),
      index: { rows: chunks * 4, chunks } as InputIndex,
      partial: false,
      onProgress: (done) => {
        if (done % 5 === 0) held.sample();
      },
    });
    expect(summary.answered).toBe(chunks * 4);
    expect(await storage.size(`${files.at('out')}/output.jsonl`)).toBeGreaterThan(100_000_000);
    // At the begin there are already the chunks that are read ahead.
    expect(held.growth()).toBeLessThan(20_000_000);
  });
});
