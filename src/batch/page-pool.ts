const PAGE_BYTES = 64 * 1024;

/**
 * Memory in pages that are used again and again. What is read, held for a moment and written would else be garbage each time, of
 * which V8 lets tens of megabytes come together: it is outside of its heap.
 */
export class PagePool {
  readonly #free: Buffer[] = [];
  /** So many may still be made. */
  #left: number;

  /** @param bytes - no more is held at once */
  constructor(bytes: number) {
    this.#left = Math.floor(bytes / PAGE_BYTES);
  }

  /** Null: all are in use. */
  take(): Buffer | null {
    const page = this.#free.pop();
    if (page !== undefined) return page;
    if (this.#left === 0) return null;
    this.#left -= 1;
    return Buffer.allocUnsafeSlow(PAGE_BYTES);
  }

  give(pages: readonly Buffer[]): void {
    this.#free.push(...pages);
  }
}

/** Keeps what passes through in pages, as long as there are any; else nothing of it. */
export class HeldBytes {
  readonly #pool: PagePool;
  /** Null: there were not enough. */
  #pages: Buffer[] | null = [];
  #bytes = 0;

  constructor(pool: PagePool) {
    this.#pool = pool;
  }

  async *hold(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const block of blocks) {
      this.#add(block);
      yield block;
    }
  }

  /** A range, in as many pieces as it lies in; null: it is not held. */
  pieces(start: number, end: number): Buffer[] | null {
    if (this.#pages === null) return null;
    const first = Math.floor(start / PAGE_BYTES);
    return this.#pages.slice(first, Math.ceil(end / PAGE_BYTES)).map((page, index) => {
      const at = (first + index) * PAGE_BYTES;
      return page.subarray(Math.max(0, start - at), end - at);
    });
  }

  /** Gives the pages back. */
  release(): void {
    this.#pool.give(this.#pages ?? []);
    this.#pages = null;
  }

  #add(block: Buffer): void {
    for (let from = 0; from < block.length;) {
      const at = this.#bytes % PAGE_BYTES;
      const page = at === 0 ? this.#addPage() : this.#pages?.at(-1);
      if (page === undefined) return;
      const copied = block.copy(page, at, from);
      from += copied;
      this.#bytes += copied;
    }
  }

  #addPage(): Buffer | undefined {
    const page = this.#pages === null ? null : this.#pool.take();
    if (page === null) this.release();
    else this.#pages?.push(page);
    return page ?? undefined;
  }
}
