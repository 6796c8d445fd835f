import type { Storage } from '../storage/index.js';
import { inOutput } from './folder.js';
import { lineBlocks } from './lines.js';

/** A line of `output.jsonl` or `errors.jsonl`. */
export interface OutputRow {
  /** Null of a row that failed because it could not be read. */
  readonly custom_id: string | null;
  /** Null where the row failed without an answer of the provider's. */
  readonly response: { readonly status_code: number; readonly body: unknown } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly holdfast: {
    readonly group?: string;
    readonly model?: string | null;
    readonly attempts?: number;
    readonly retries?: number;
    readonly fallbacks?: number;
    readonly tokens?: { readonly prompt: number; readonly completion: number; readonly total: number };
  };
}

/**
 * The rows of an output, those that were answered first. One is held at a time.
 * @throws StorageError
 */
export async function* readOutputRows(storage: Storage, out: string): AsyncGenerator<OutputRow> {
  for (const file of [inOutput.answered(out), inOutput.failed(out)]) {
    for await (const lines of lineBlocks((await storage.read(file)) as AsyncIterable<Buffer>, Infinity)) {
      for (const { head } of lines) yield JSON.parse(head.toString('utf8')) as OutputRow;
    }
  }
}
