import type { InputIndex } from '../core/batch.js';
import type { Operation } from '../core/operations.js';
import type { RequestSettings } from '../core/settings.js';
import type { RawRequest } from '../core/request.js';
import type { Storage } from '../storage/index.js';

/** A call that is well-formed; what a config may have against it is another matter. */
export interface RowCall {
  readonly operation: Operation;
  readonly model: string;
  readonly settings: RequestSettings;
}

/** How far the check of an input has come. */
export interface IndexProgress {
  readonly bytes: number;
  readonly rows: number;
  readonly problems: number;
}

export interface IndexInputOptions {
  readonly storage: Storage;
  /** A JSONL file in the form of OpenAI's Batch API, or one packed by gzip. */
  readonly input: string;
  /** Gets `index.bin`, `problems.jsonl` and, for a packed input, `input.jsonl`. */
  readonly folder: string;
  /** Rows in a chunk; chunks of large rows have fewer. */
  readonly chunkRows: number;
  /** Request settings for rows that do not set them. */
  readonly settings: RawRequest;
  /** What else is to be known of a call, that its model exists for instance; null: it is right. */
  readonly check?: ((call: RowCall) => string | null) | undefined;
  /** Called after each block that was read. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads an input once, checks every row, and writes down where each chunk is.
 * @throws InputError when a packed input is damaged
 * @throws StorageError
 */
export function indexInput(_options: IndexInputOptions): Promise<InputIndex> {
  throw new Error('not built yet');
}
