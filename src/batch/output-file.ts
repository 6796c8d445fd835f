import { PassThrough } from 'node:stream';
import { encryptFile } from '../encryption/encrypted-file.js';
import type { KeyRing } from '../encryption/key-ring.js';
import type { Storage } from '../storage/index.js';
import { joined } from './joined.js';

const BLOCK_BYTES = 1024 * 1024;

/** A file that is written piece by piece, and is there as a whole when it is closed, or not at all. */
export class OutputFile {
  private readonly stream = new PassThrough({ highWaterMark: BLOCK_BYTES });
  private readonly written: Promise<void>;
  private pieces: Buffer[] = [];
  private bytes = 0;

  /** @param keys - what it is encrypted with. @default it is not */
  constructor(storage: Storage, location: string, keys?: KeyRing) {
    // Who waits for the file is told of both.
    this.stream.on('error', () => {});
    this.written = storage.write(location, encryptFile(keys, this.stream));
    this.written.catch(() => this.stream.destroy());
  }

  /** Whether it is time for `flush`. */
  get isFull(): boolean {
    return this.bytes >= BLOCK_BYTES;
  }

  add(piece: Buffer): void {
    this.pieces.push(piece);
    this.bytes += piece.length;
  }

  /** @throws StorageError */
  async flush(): Promise<void> {
    const block = joined(this.pieces);
    this.pieces = [];
    this.bytes = 0;
    if (block.length === 0 || this.stream.write(block)) return;
    if (!this.stream.destroyed) await this.drained();
    if (this.stream.destroyed) await this.written;
  }

  /** Until there is room again, or never will be. */
  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.stream.off('drain', done).off('close', done);
        resolve();
      };
      this.stream.on('drain', done).on('close', done);
    });
  }

  /** @throws StorageError */
  async close(): Promise<void> {
    await this.flush();
    this.stream.end();
    await this.written;
  }

  /** Leaves what was there before. */
  async abandon(reason: unknown): Promise<void> {
    this.stream.destroy(reason instanceof Error ? reason : new Error('abandoned', { cause: reason }));
    await this.written.catch(() => {});
  }
}
