import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchHandle, HoldfastClient } from '../../src/client.js';
import { answerOf, batchText, readLines, type TestRow } from '../helpers/batch.js';
import { BATCH_CONCURRENCY } from './load.js';
import type { LineRecord } from './record.js';

const CHUNK_ROWS = 50;

/** When to resume after the disk was full: what the last chunk met may be told late, and the server may be away. */
const RESUME_AFTER_MS = [1_000, 5_000, 15_000, 30_000];

export interface BatchUnderTest {
  /** Its state at the end. */
  endedBy(giveUpMs: number): Promise<string>;
  lines(): Promise<LineRecord[]>;
  /** Takes all the room that there is for a while, then resumes the batch, as an operator does who has made room. */
  fillDisk(forMs: number): Promise<void>;
}

/** Starts the batch in a folder. */
export async function startBatch(
  client: HoldfastClient,
  folder: string,
  rows: readonly TestRow[],
): Promise<BatchUnderTest> {
  await mkdir(folder, { recursive: true });
  const input = join(folder, 'input.jsonl');
  const output = join(folder, 'out');
  await writeFile(input, batchText(rows));
  const options = { input, output, mode: 'packed', concurrency: BATCH_CONCURRENCY, chunkRows: CHUNK_ROWS } as const;
  const batch = await client.batches.submit(options);
  return {
    endedBy: (giveUpMs) => stateAtTheEnd(batch, giveUpMs),
    lines: async () => [
      ...(await linesOf(join(output, 'output.jsonl'))),
      ...(await linesOf(join(output, 'errors.jsonl'))),
    ],
    fillDisk: async (forMs) => {
      const filler = join(folder, 'filler');
      fill(filler);
      await sleep(forMs);
      rmSync(filler);
      void resume(batch);
    },
  };
}

async function stateAtTheEnd(batch: BatchHandle, giveUpMs: number): Promise<string> {
  const ended = batch
    .result()
    .then(
      ({ state, rows, counts }) => (state === 'completed' ? state : `${state}, ${counts.answered} of ${rows} rows`),
      String,
    );
  return Promise.race([ended, sleep(giveUpMs - Date.now(), 'did not end in time')]);
}

/**
 * By updates, without a look at the state: a query while the worker that has the batch is frozen can spoil its history,
 * which is a fault of Temporal's SDK (1.24 has it, too).
 */
async function resume(batch: BatchHandle): Promise<void> {
  for (const afterMs of RESUME_AFTER_MS) {
    await sleep(afterMs);
    await batch.resume().catch(() => undefined);
  }
}

function fill(file: string): void {
  const descriptor = openSync(file, 'w');
  try {
    for (let size = 1 << 20; size > 0;) {
      try {
        writeSync(descriptor, Buffer.alloc(size));
      } catch {
        size >>= 1;
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

async function linesOf(file: string): Promise<LineRecord[]> {
  const isThere = await readFile(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return [];
  const lines = await readLines(file);
  return lines.map((line) => ({
    customId: line.custom_id,
    text: answerOf(line) ?? null,
    attempts: line.holdfast.attempts,
  }));
}
