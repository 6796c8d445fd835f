import type { InputIndex } from '../core/batch.js';
import type { Storage } from '../storage/index.js';
import type { BatchSummary } from './summary.js';

export interface AssembleOptions {
  readonly storage: Storage;
  /** Where the parts are. */
  readonly folder: string;
  /** Gets `output.jsonl`, `errors.jsonl` and `summary.json`. */
  readonly out: string;
  readonly index: InputIndex;
  /** Writes what is there. Otherwise a row without an end is an error. */
  readonly partial: boolean;
  /** Called after each chunk. */
  readonly onProgress?: ((chunks: number) => void) | undefined;
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes the output: rows in the order of the input, each file whole or not at all. May be done again at any time.
 * @throws Error when a row has no end, unless `partial`
 * @throws StorageError
 */
export function assembleOutput(_options: AssembleOptions): Promise<BatchSummary> {
  throw new Error('not built yet');
}

/** Removes the parts, which the output stands for from now on; to be called when every row was answered. */
export function discardParts(_options: {
  readonly storage: Storage;
  readonly folder: string;
  readonly summary: BatchSummary;
}): Promise<void> {
  throw new Error('not built yet');
}
