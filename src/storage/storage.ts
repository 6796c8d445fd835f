import type { Readable } from 'node:stream';
import type { KeyRing } from '../encryption/key-ring.js';

/** A range of bytes, zero-based. */
export interface ByteRange {
  readonly start: number;
  /** The first byte that no longer belongs to it. */
  readonly end: number;
}

/** Adds lines to the end of something. One writer at a time. */
export interface Appender {
  /**
   * Adds a line; its line feed is added by itself. Resolves when the line outlives the death of this process. Lines that
   * come while others are being written go out together.
   * @throws StorageError; the line may then be there, be cut short, or be missing
   */
  append(line: string): Promise<void>;
  /**
   * Waits for what is being written, makes it outlive a loss of power, and lets go.
   * @throws StorageError
   */
  close(): Promise<void>;
}

/**
 * Where batches read and write. Locations are URLs: `file:///folder/name`, `s3://bucket/key`.
 * Everything here throws `StorageError`, streams included.
 */
export interface Storage {
  /** What whoever writes there of callers and providers is encrypted with. @default it is not encrypted */
  readonly keys?: KeyRing | undefined;
  /**
   * A stream of the bytes, or of those in a range, as far as they exist. Destroy it to stop early.
   * @throws StorageError `missing` when there is nothing
   */
  read(location: string, range?: ByteRange): Promise<Readable>;
  /** Bytes; null when there is nothing. */
  size(location: string): Promise<number | null>;
  /**
   * Writes it whole or not at all, and then for good: who reads meanwhile finds what was there before. A block of it is used no
   * longer than until the next one is asked for: whoever made it may fill it again.
   */
  write(location: string, content: AsyncIterable<Uint8Array | string>): Promise<void>;
  /**
   * Writes a short text where there is nothing, whole or not at all, and then for good. Of several who do so at once, one
   * succeeds. False: there is something already, which stays.
   */
  create(location: string, text: string): Promise<boolean>;
  /**
   * Adds lines to what may be there already. Where storage cannot append (S3), lines go out as objects
   * `location/000001`…, each of whole lines: read what `list` finds below the folder, whatever its name.
   */
  appender(location: string): Promise<Appender>;
  /** Locations of everything in a folder, at any depth, sorted; nothing when there is no such folder. */
  list(folder: string): AsyncIterable<string>;
  /** Removes one thing, or a folder with all that is in it. Nothing there: nothing happens. */
  remove(location: string): Promise<void>;
}

/** A storage that payloads can be in. It tells when, by its own clock: those of the machines that write there may differ. */
export interface PayloadStorage extends Storage {
  /**
   * The bytes of what is small, in memory that is the reader's alone.
   * @throws StorageError `missing` when there is nothing
   */
  readWhole(location: string): Promise<Buffer>;
  /** When one thing was written, or what was last in a folder, at any depth, in ms since the epoch; null when there is nothing. */
  lastWrittenMs(location: string): Promise<number | null>;
}
