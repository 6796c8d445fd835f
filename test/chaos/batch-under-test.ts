import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchHandle, HoldfastClient } from '../../src/client.js';
import { answerOf, batchText, readLines, type TestRow } from '../helpers/batch.js';
import { BATCH_CONCURRENCY } from './load.js';
import type { LineRecord } from './record.js';

const CHUNK_ROWS = 50;
const LOOK_EVERY_MS = 1_000;

export interface BatchUnderTest {
  /** Goes on whenever the batch pauses by itself, as an operator does who has made room; returns its state. */
  endedBy(giveUpMs: number): Promise<string>;
  lines(): Promise<LineRecord[]>;
  /** Takes all the room that there is for a while. */
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
    endedBy: (giveUpMs) => follow(batch, giveUpMs),
    lines: async () => [
      ...(await linesOf(join(output, 'output.jsonl'))),
      ...(await linesOf(join(output, 'errors.jsonl'))),
    ],
    fillDisk: async (forMs) => {
      const filler = join(folder, 'filler');
      fill(filler);
      await sleep(forMs);
      rmSync(filler);
    },
  };
}

async function follow(batch: BatchHandle, giveUpMs: number): Promise<string> {
  let said = 'unknown';
  while (Date.now() < giveUpMs) {
    try {
      const { state, reason, pausedBy, rows, counts } = await batch.status();
      said = `${state}, ${counts.answered} of ${rows} rows${reason === null ? '' : `: ${reason}`}`;
      if (state === 'completed') return state;
      if (['completed with errors', 'cancelled', 'failed'].includes(state)) return said;
      if (state === 'paused' && pausedBy === 'batch') await batch.resume();
    } catch (error) {
      // The server is away, or the workers are.
      said = String(error);
    }
    await sleep(LOOK_EVERY_MS);
  }
  return said;
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
