import { DEFAULT_MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { giveBack } from '../garbage.js';

/** Whatever a reference says, no more than that is had before the pieces are there. */
const MOST_AHEAD = 2 * DEFAULT_MAX_PAYLOAD_BYTES;

/** So much is had of a payload whose reference does not say how many bytes it has. */
const LEAST = 1024 * 1024;

/** What pieces are joined to, in one block that is nobody else's. They are given back as they come, so that payloads are there once. */
export class JoinedPieces {
  readonly #bytes: number | undefined;
  #block: ArrayBuffer;
  #length = 0;

  /** @param bytes - so many they must be together. @default nobody knows */
  constructor(bytes: number | undefined) {
    this.#bytes = bytes;
    this.#block = Buffer.allocUnsafeSlow(Math.min(bytes ?? LEAST, MOST_AHEAD)).buffer;
  }

  /**
   * The next piece, which is nobody else's.
   * @returns false: that is too much
   */
  add(piece: Uint8Array): boolean {
    const end = this.#length + piece.length;
    if (end > (this.#bytes ?? Infinity)) return false;
    if (end > this.#block.byteLength) this.#block = this.#block.transfer(Math.max(end, 2 * this.#block.byteLength));
    new Uint8Array(this.#block).set(piece, this.#length);
    giveBack(piece);
    this.#length = end;
    return true;
  }

  /** All of them; null: some are missing. */
  get whole(): Uint8Array | null {
    const isWhole = this.#bytes === undefined || this.#bytes === this.#length;
    return isWhole ? new Uint8Array(this.#block, 0, this.#length) : null;
  }
}
