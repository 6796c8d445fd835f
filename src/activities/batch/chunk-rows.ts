import { readChunk, readParts, readRecordLine, type BatchRow } from '../../batch/index.js';
import type { RemainingRow, RowCounts, RunChunkInput } from '../../core/batch/batch.js';
import { addRow, NO_ROWS } from '../../core/batch/batch-counts.js';
import type { GroupProgress } from '../../core/retries/progress.js';
import type { Storage } from '../../storage/index.js';

/** The rows of a chunk, by where they stand. */
export interface ChunkRows {
  /** Rows that have come to their end. */
  readonly counts: RowCounts;
  /** Rows whose first attempt failed. */
  readonly attempted: RemainingRow[];
  /** Rows without a first attempt. */
  readonly fresh: BatchRow[];
}

/** Reads a chunk and all that was written of it. */
export async function readChunkRows(storage: Storage, input: RunChunkInput): Promise<ChunkRows> {
  const { files, index, chunk } = input;
  const { folder, round, settings } = files;
  const records = await readParts({ storage, folder, chunk, round });
  let counts = NO_ROWS;
  const attempted: RemainingRow[] = [];
  const fresh: BatchRow[] = [];
  for await (const row of readChunk({ storage, index, folder, chunk, settings })) {
    const record = records.get(row.row);
    if (record === undefined) {
      fresh.push(row);
      continue;
    }
    const { state, kind, tokens } = record.facts;
    if (state === 'attempted') {
      const first = JSON.parse(await readRecordLine(storage, record)) as GroupProgress;
      attempted.push(remainingRow(row, first));
    } else {
      counts = addRow(counts, { state, kind, tokens });
    }
  }
  return { counts, attempted, fresh };
}

/** A row for a call of its own: where it is, and the attempt that was made. */
export function remainingRow(row: BatchRow, first: GroupProgress | null): RemainingRow {
  const { row: number, chunk, byteStart, byteLength, digest, customId, group } = row;
  return { row: number, chunk, byteStart, byteLength, digest, customId, group, first };
}
