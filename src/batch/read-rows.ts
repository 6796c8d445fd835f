import type { InputIndex } from '../core/batch/batch.js';
import type { RowRef } from '../core/call/row-source.js';
import type { RawRequest } from '../core/plan/request.js';
import type { Storage } from '../storage/index.js';
import type { BatchRow } from './batch-row.js';
import { checkRow } from './check-row.js';
import { CHUNK_RECORD_BYTES, readChunkRecord, type ChunkRecord } from './chunk-table.js';
import { chunkDigest, rowDigest } from './digest.js';
import { inFolder } from './folder.js';
import { InputChangedError, InputError } from './input-errors.js';
import { linesOf, rowIn } from './lines.js';
import { readBytes } from './read-bytes.js';

export interface ReadChunkOptions {
  readonly storage: Storage;
  readonly index: InputIndex;
  /** Where `indexInput` wrote. */
  readonly folder: string;
  /** Zero-based. */
  readonly chunk: number;
  /** Request settings for rows that do not set them. */
  readonly settings: RawRequest;
}

/** A row that has not been parsed. */
interface RawRow {
  readonly byteStart: number;
  readonly bytes: Buffer;
  readonly digest: string;
}

/**
 * The rows of a chunk, in order. The chunk is held in memory.
 * @throws InputChangedError before the first row, when the chunk is not what was checked
 * @throws StorageError
 */
export async function* readChunk({
  storage,
  index,
  folder,
  chunk,
  settings,
}: ReadChunkOptions): AsyncGenerator<BatchRow> {
  const record = await readRecord(storage, folder, chunk);
  const bytes = await readBytes(storage, index.input, { start: record.byteStart, end: record.byteEnd });
  const rows = rawRows(bytes, record.byteStart);
  if (!isSame(rows, record)) {
    const lines = `${record.rows} rows from line ${record.firstLine} on`;
    throw new InputChangedError(index.input, `${lines} (chunk ${chunk}) are no longer what was checked; ${CHANGED}`);
  }
  for (const [position, row] of rows.entries()) {
    yield batchRow(index.input, row, { row: record.firstRow + position, chunk, settings });
  }
}

export interface ReadRowOptions {
  readonly storage: Storage;
  /** `InputIndex.input`. */
  readonly input: string;
  readonly ref: Pick<RowRef, 'row' | 'chunk' | 'byteStart' | 'byteLength' | 'digest'>;
  /** Request settings for rows that do not set them. */
  readonly settings: RawRequest;
}

/**
 * One row.
 * @throws InputChangedError when it is not what was checked
 * @throws StorageError
 */
export async function readRow({ storage, input, ref, settings }: ReadRowOptions): Promise<BatchRow> {
  const { row, chunk, byteStart, byteLength } = ref;
  const bytes = await readBytes(storage, input, { start: byteStart, end: byteStart + byteLength });
  const digest = rowDigest(bytes);
  if (digest !== ref.digest) {
    throw new InputChangedError(input, `row ${row + 1} (byte ${byteStart}) is no longer what was checked; ${CHANGED}`);
  }
  return batchRow(input, { byteStart, bytes, digest }, { row, chunk, settings });
}

const CHANGED = 'put the file back as it was, or start a batch of its own for the new one';

async function readRecord(storage: Storage, folder: string, chunk: number): Promise<ChunkRecord> {
  const location = inFolder.index(folder);
  const start = chunk * CHUNK_RECORD_BYTES;
  const record = await readBytes(storage, location, { start, end: start + CHUNK_RECORD_BYTES });
  if (record.length === CHUNK_RECORD_BYTES) return readChunkRecord(record);
  throw new InputError(location, `has no chunk ${chunk}; it was cut short, or belongs to another batch`);
}

function rawRows(bytes: Buffer, offset: number): RawRow[] {
  return linesOf(bytes).flatMap((line) => {
    const found = rowIn(line);
    if (found === null || found.bytes === null) return [];
    return [{ byteStart: offset + found.start, bytes: found.bytes, digest: rowDigest(found.bytes) }];
  });
}

function isSame(rows: readonly RawRow[], record: ChunkRecord): boolean {
  const digest = chunkDigest();
  for (const row of rows) digest.update(row.digest);
  return rows.length === record.rows && digest.digest().equals(record.digest);
}

function batchRow(
  input: string,
  { byteStart, bytes, digest }: RawRow,
  { row, chunk, settings }: { row: number; chunk: number; settings: RawRequest },
): BatchRow {
  const checked = checkRow(bytes, settings);
  // Not of a batch that runs: nothing is run when the check found a problem.
  if (checked.problem !== null) throw new InputError(input, `row ${row + 1} cannot be run: ${checked.problem}`);
  const { customId, request, call } = checked;
  const { operation, model } = call;
  return { row, chunk, byteStart, byteLength: bytes.length, digest, customId, group: model, operation, request };
}
