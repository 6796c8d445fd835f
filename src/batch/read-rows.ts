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
import { linesOf, MAX_LINE_BYTES, rowIn } from './lines.js';
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

/** Null: a line that is too long, which cannot be run. */
type RawLine = RawRow | null;

/**
 * The rows of a chunk, in order, without those that cannot be run: these have failed. The chunk is held in memory.
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
  for (const [position, raw] of rows.entries()) {
    const row = record.firstRow + position;
    const found = raw === null ? TOO_LONG : batchRow(raw, { row, chunk, settings });
    if (found.problem === null) yield found.row;
    else if (index.problems === 0) throw notRunnable(index.input, row, found.problem);
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
  const found = batchRow({ byteStart, bytes, digest }, { row, chunk, settings });
  if (found.problem !== null) throw notRunnable(input, row, found.problem);
  return found.row;
}

/** Not of a batch that runs: nothing is run when the check found a problem, or such rows are skipped. */
function notRunnable(input: string, row: number, problem: string): InputError {
  return new InputError(input, `row ${row + 1} cannot be run: ${problem}`);
}

const CHANGED = 'put the file back as it was, or start a batch of its own for the new one';

async function readRecord(storage: Storage, folder: string, chunk: number): Promise<ChunkRecord> {
  const location = inFolder.index(folder);
  const start = chunk * CHUNK_RECORD_BYTES;
  const record = await readBytes(storage, location, { start, end: start + CHUNK_RECORD_BYTES });
  if (record.length === CHUNK_RECORD_BYTES) return readChunkRecord(record);
  throw new InputError(location, `has no chunk ${chunk}; it was cut short, or belongs to another batch`);
}

function rawRows(bytes: Buffer, offset: number): RawLine[] {
  return linesOf(bytes, MAX_LINE_BYTES).flatMap((line): RawLine[] => {
    const found = rowIn(line);
    if (found === null) return [];
    if (found.bytes === null) return [null];
    return [{ byteStart: offset + found.start, bytes: found.bytes, digest: rowDigest(found.bytes) }];
  });
}

function isSame(rows: readonly RawLine[], record: ChunkRecord): boolean {
  const digest = chunkDigest();
  for (const row of rows) if (row !== null) digest.update(row.digest);
  return rows.length === record.rows && digest.digest().equals(record.digest);
}

/** A row, or why it cannot be run. */
type FoundRow = { readonly row: BatchRow; readonly problem: null } | { readonly row: null; readonly problem: string };

const TOO_LONG: FoundRow = { row: null, problem: 'the line is too long' };

function batchRow(
  { byteStart, bytes, digest }: RawRow,
  { row, chunk, settings }: { row: number; chunk: number; settings: RawRequest },
): FoundRow {
  const checked = checkRow(bytes, settings);
  if (checked.problem !== null) return { row: null, problem: checked.problem };
  const { customId, request, call } = checked;
  const { operation, model, settings: own } = call;
  const ref = { row, chunk, byteStart, byteLength: bytes.length, digest, customId, group: model };
  return { row: { ...ref, operation, request, settings: own }, problem: null };
}
