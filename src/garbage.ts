import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isSurelyWithin, MOST_OF_CHARACTER } from './core/common/json-bytes.js';

/** What has less is left to V8: a collection takes 30 ms with the heap of a gateway or a worker. */
const LARGE_BYTES = 8_000_000;

/** Collections take so much of the event loop's time at most. */
const SHARE_OF_TIME = 0.05;

/** What of that was not used is kept for later, in ms: calls that come now and then have a collection at each step. */
const MOST_KEPT_MS = 300;

/**
 * Gives back memory that is nobody else's, or it would be there until garbage is collected: nobody can read it any more. Small
 * buffers, which Node may have made in one block, stay.
 */
export function giveBack({ buffer }: Uint8Array): void {
  if (buffer.byteLength > Buffer.poolSize) (buffer as ArrayBuffer).transfer(0);
}

/** V8's own. `last-resort` gives empty pages back to the system, too, and takes two or three times as long. */
type Collect = (how: { type: 'major'; execution: 'sync'; flavor?: 'last-resort' }) => void;

/** Has garbage collected where much of it was made, before V8 would by itself. */
export class Garbage {
  readonly #nowMs: () => number;
  #collect: Collect | null = null;
  #keptMs = MOST_KEPT_MS;
  #keptAtMs = 0;

  /** @param nowMs - a clock that is never set: one that was set back would have none collected until then */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Until then it does nothing: in a program of others nobody can tell what a collection takes. */
  begin(collect: Collect | null = collector()): void {
    this.#collect = collect;
  }

  /**
   * Where a large payload has just been read: its bytes, their copies and its text, each as large as the payload. V8 looks at what
   * lies outside of its heap only after more and more megabytes of it, so that several payloads of garbage would be there at once.
   * @param bytes - of the payload, about
   */
  collect(bytes: number): void {
    if (this.#collect === null || bytes < LARGE_BYTES) return;
    const startedMs = this.#nowMs();
    const keptMs = Math.min(MOST_KEPT_MS, this.#keptMs + (startedMs - this.#keptAtMs) * SHARE_OF_TIME);
    if (keptMs <= 0) return;
    this.#collect({ type: 'major', execution: 'sync' });
    this.#keptAtMs = this.#nowMs();
    this.#keptMs = keptMs - (this.#keptAtMs - startedMs);
  }

  /** The same before JSON is made of a value, if there is much text in it: what it was made of is garbage by then. */
  collectBefore(value: unknown): void {
    if (this.#collect !== null && !isSurelyWithin(value, MOST_OF_CHARACTER * LARGE_BYTES)) this.collect(LARGE_BYTES);
  }

  /** The same when whoever is under way has let go of what it has. */
  collectSoon(bytes: number): void {
    if (bytes >= LARGE_BYTES) setImmediate(() => this.collect(bytes));
  }

  /**
   * Between kinds of work that take seconds each. V8 by itself keeps the pages that one has left empty, and the next one has new
   * ones beside them. In some 0.1 s of it nothing else runs.
   */
  giveMemoryBack(): void {
    this.#collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  }
}

/** That of this process. */
export const garbage = new Garbage();

/** V8 gives it to contexts that are made after it was asked. Null: it gives none. */
function collector(): Collect | null {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('globalThis.gc') as Collect | undefined;
  // Workflows, whose contexts come later, would depend on their machine.
  setFlagsFromString('--no-expose-gc');
  return collect ?? null;
}
