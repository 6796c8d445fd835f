import type { InputIndex, RowRef } from '../core/batch.js';
import type { RawRequest } from '../core/request.js';
import type { Storage } from '../storage/index.js';
import type { BatchRow } from './batch-row.js';

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

/**
 * The rows of a chunk, in order. The chunk is held in memory.
 * @throws InputChangedError before the first row, when the chunk is not what was checked
 * @throws StorageError
 */
export async function* readChunk(_options: ReadChunkOptions): AsyncGenerator<BatchRow> {
  throw new Error('not built yet');
}

export interface ReadRowOptions {
  readonly storage: Storage;
  /** `InputIndex.input`. */
  readonly input: string;
  readonly ref: RowRef;
  /** Request settings for rows that do not set them. */
  readonly settings: RawRequest;
}

/**
 * One row.
 * @throws InputChangedError when it is not what was checked
 * @throws StorageError
 */
export function readRow(_options: ReadRowOptions): Promise<BatchRow> {
  throw new Error('not built yet');
}
