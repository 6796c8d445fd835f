import type { Storage } from '../storage/index.js';
import type { RowFacts, RowRecord } from './row-record.js';

export interface PartOptions {
  readonly storage: Storage;
  readonly folder: string;
  /** Zero-based. */
  readonly chunk: number;
}

/** What one writer writes of a chunk. */
export interface Part {
  /**
   * Resolves when the record outlives the death of this process.
   * @throws StorageError; the record may then be there or not, and may be written again
   */
  append(record: RowRecord): Promise<void>;
  close(): Promise<void>;
}

/** @param writer a name that no other writer has at the same time: letters, digits, `-`, `_`, `.` */
export function openPart(_options: PartOptions & { readonly writer: string }): Promise<Part> {
  throw new Error('not built yet');
}

/** A record that was found, and where its line is. */
export interface FoundRecord {
  readonly facts: RowFacts;
  readonly location: string;
  readonly byteStart: number;
  readonly byteLength: number;
}

/**
 * The records of a chunk by row. Of several records of a row one counts: answered, then failed, then attempted; among
 * these that of the latest round; among these the first.
 * @param options.round leaves out what failed, or was attempted, in earlier rounds
 * @throws StorageError
 */
export function readParts(
  _options: PartOptions & { readonly round?: number | undefined },
): Promise<Map<number, FoundRecord>> {
  throw new Error('not built yet');
}

/** The line of a record. */
export function readRecordLine(_storage: Storage, _record: FoundRecord): Promise<string> {
  throw new Error('not built yet');
}
