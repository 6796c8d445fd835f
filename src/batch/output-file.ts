import { encryptFile } from '../encryption/encrypted-file.js';
import type { KeyRing } from '../encryption/key-ring.js';
import type { Storage } from '../storage/index.js';

const BLOCK_BYTES = 256 * 1024;

/** A file that is written piece by piece, and is there as a whole when it is closed, or not at all. Holds two blocks of it. */
export class OutputFile {
  readonly #written: Promise<void>;
  #hasFailed = false;
  #isAbandoned = false;
  /** What is being filled, and what is filled next: the other is with storage. */
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #next = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #filled = 0;
  /** The next block for storage; null: there is no other. */
  #given = Promise.withResolvers<Buffer | null>();
  /** Storage has done with the last one. */
  #taken = Promise.withResolvers<true>();

  /** @param keys - what it is encrypted with. @default it is not */
  constructor(storage: Storage, location: string, keys?: KeyRing) {
    this.#taken.resolve(true);
    this.#written = storage.write(location, encryptFile(keys, this.#blocks()));
    // Who waits is told by what it waits for.
    this.#written.catch(() => {
      this.#hasFailed = true;
      this.#taken.resolve(true);
    });
  }

  /**
   * Takes a copy of a piece, as soon as there is room.
   * @throws StorageError
   */
  async add(piece: Buffer): Promise<void> {
    for (let from = 0; from < piece.length;) {
      const copied = piece.copy(this.#block, this.#filled, from);
      from += copied;
      this.#filled += copied;
      if (this.#filled === BLOCK_BYTES) await this.#flush();
    }
  }

  /** @throws StorageError */
  async close(): Promise<void> {
    await this.#flush();
    await this.#give(null);
    await this.#written;
  }

  /** Leaves what was there before. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    this.#given.resolve(null);
    await this.#written.catch(() => {});
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return;
    await this.#give(this.#block.subarray(0, this.#filled));
    [this.#block, this.#next] = [this.#next, this.#block];
    this.#filled = 0;
  }

  /** Waits until the block before it is written: its memory is filled again. */
  async #give(block: Buffer | null): Promise<void> {
    await this.#taken.promise;
    if (this.#hasFailed) await this.#written;
    this.#taken = Promise.withResolvers();
    this.#given.resolve(block);
  }

  async *#blocks(): AsyncGenerator<Buffer> {
    for (;;) {
      const block = await this.#given.promise;
      if (this.#isAbandoned) throw new Error('abandoned');
      if (block === null) return;
      this.#given = Promise.withResolvers();
      yield block;
      this.#taken.resolve(true);
    }
  }
}
