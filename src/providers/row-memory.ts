/** What a row may have without being counted, its request and its answer together. */
const FREE_BYTES = 1_000_000;

/** So much of larger rows is in memory at once, beside the largest: read and written, it is several times that. */
const MAX_BYTES = 100_000_000;

/** What a row has of the memory. */
export interface RowShare {
  /** So many bytes of the row are to be in memory. Null: there is room for them; else settles when there is. */
  take(bytes: number): Promise<void> | null;
  /** The row is where it is kept, or nobody needs it any more. */
  release(): void;
}

/**
 * The memory that the large rows of a process have together: their requests and their answers, in bytes as they come. Where it is
 * full, these are not read on before others are released; those of the row that was large first always are, so that each comes to its end.
 */
export class RowMemory {
  readonly #mostBytes: number;
  /** In the order in which they became large. */
  readonly #shares = new Set<Share>();
  #bytes = 0;

  constructor(mostBytes = MAX_BYTES) {
    this.#mostBytes = mostBytes;
  }

  open(): RowShare {
    return new Share(
      (share) => this.#admit(share),
      (share) => this.#release(share),
    );
  }

  #admit(share: Share): boolean {
    this.#shares.add(share);
    const [oldest] = this.#shares;
    if (share !== oldest && this.#bytes + share.wanted > this.#mostBytes) return false;
    this.#bytes += share.wanted;
    share.admit();
    return true;
  }

  #release(share: Share): void {
    this.#shares.delete(share);
    this.#bytes -= share.counted;
    for (const other of this.#shares) if (other.wanted > 0) this.#admit(other);
  }
}

class Share implements RowShare {
  readonly #admission: (share: Share) => boolean;
  readonly #onRelease: (share: Share) => void;
  #bytes = 0;
  #goOn = (): void => undefined;
  counted = 0;
  /** Bytes that have come and are not counted. */
  wanted = 0;

  constructor(admission: (share: Share) => boolean, onRelease: (share: Share) => void) {
    this.#admission = admission;
    this.#onRelease = onRelease;
  }

  take(bytes: number): Promise<void> | null {
    this.#bytes += bytes;
    this.wanted = Math.max(0, this.#bytes - FREE_BYTES - this.counted);
    if (this.wanted === 0 || this.#admission(this)) return null;
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  admit(): void {
    this.counted += this.wanted;
    this.wanted = 0;
    this.#goOn();
  }

  release(): void {
    this.#onRelease(this);
    this.#bytes = 0;
    this.counted = 0;
    this.wanted = 0;
  }
}
