import { readChunk, readParts, type BatchRow, type FoundRecord } from '../../batch/index.js';
import { addRow, NO_ROWS } from '../../core/batch/batch-counts.js';
import {
  NAMES_AT_ONCE,
  type ChunkResult,
  type NamedRow,
  type RowCounts,
  type RunChunkInput,
} from '../../core/batch/batch.js';
import type { Storage } from '../../storage/index.js';

export type ChunkRecords = ReadonlyMap<number, FoundRecord>;

/** The rows of a chunk, in order. */
export async function readChunkRows(storage: Storage, input: RunChunkInput): Promise<readonly BatchRow[]> {
  const { files, index, chunk } = input;
  const { folder, settings } = files;
  const rows: BatchRow[] = [];
  for await (const row of readChunk({ storage, index, folder, chunk, settings })) rows.push(row);
  return rows;
}

/** What is written of the rows of a chunk. */
export function readChunkRecords(storage: Storage, { files, chunk }: RunChunkInput): Promise<ChunkRecords> {
  const { folder, round } = files;
  return readParts({ storage, folder, chunk, round });
}

export function hasEnd(records: ChunkRecords, row: number): boolean {
  const record = records.get(row);
  return record !== undefined && record.facts.state !== 'attempted';
}

/** Rows that nothing is written of, and whose calls the batch does not know. */
export function untouchedRows(rows: readonly BatchRow[], records: ChunkRecords, { known }: RunChunkInput): BatchRow[] {
  const isKnown = new Set(known);
  return rows.filter(({ row }) => !records.has(row) && !isKnown.has(row));
}

export function countRecords(records: ChunkRecords): RowCounts {
  let counts = NO_ROWS;
  for (const { facts } of records.values()) {
    const { state, kind, tokens } = facts;
    if (state !== 'attempted') counts = addRow(counts, { state, kind, tokens });
  }
  return counts;
}

/** Where the rows of a chunk stand. It depends on nothing but what is written. */
export function chunkResult(rows: readonly BatchRow[], records: ChunkRecords, input: RunChunkInput): ChunkResult {
  const { known, mode } = input;
  const isKnown = new Set(known);
  const open = rows.filter(({ row }) => !isKnown.has(row) && !hasEnd(records, row));
  const waiting = mode === 'workflow' ? open : open.filter(({ row }) => records.has(row));
  return {
    counts: countRecords(records),
    fresh: open.length - waiting.length,
    waiting: waiting.length,
    waitingIn: Object.keys(input.groupNames).map((group) => waiting.filter((row) => row.group === group).length),
    named: namedRows(waiting, records, input.groupNames),
    ended: known.filter((row) => hasEnd(records, row)),
  };
}

function namedRows(
  waiting: readonly BatchRow[],
  records: ChunkRecords,
  groupNames: RunChunkInput['groupNames'],
): readonly NamedRow[] {
  const inGroup = new Map<string, number>();
  const named: NamedRow[] = [];
  for (const row of waiting) {
    if (named.length >= NAMES_AT_ONCE) break;
    const before = inGroup.get(row.group) ?? 0;
    if (before >= (groupNames[row.group] ?? Infinity)) continue;
    inGroup.set(row.group, before + 1);
    named.push(namedRow(row, records.get(row.row)));
  }
  return named;
}

function namedRow(row: BatchRow, record: FoundRecord | undefined): NamedRow {
  const { row: number, chunk, byteStart, byteLength, digest, customId, group } = row;
  const attempt =
    record === undefined
      ? null
      : { location: record.location, byteStart: record.byteStart, byteLength: record.byteLength };
  return { row: number, chunk, byteStart, byteLength, digest, customId, group, attempt };
}
