import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What has less is left to V8: a collection takes 30 ms with the heap of a gateway or a worker. */
const LARGE_BYTES = 8_000_000;

/** After a collection there is none for so many times as long: they take a twentieth of the event loop's time at most. */
const PAUSE_PER_COLLECTION = 19;

type Collect = () => void;

/**
 * Has garbage collected where a large payload has just been read: its bytes, their copies and its text, each as large as the payload.
 * V8 looks at what lies outside of its heap only after more and more megabytes of it, so that several payloads of garbage would be
 * there at once.
 */
export class LargeGarbage {
  #collect: Collect | null = null;
  #notBeforeMs = 0;

  /** Until then it does nothing: in a program of others nobody can tell what a collection takes. */
  begin(collect: Collect | null = collector()): void {
    this.#collect = collect;
  }

  /** @param bytes - of the payload, about */
  collect(bytes: number): void {
    const startedMs = performance.now();
    if (this.#collect === null || bytes < LARGE_BYTES || startedMs < this.#notBeforeMs) return;
    this.#collect();
    const endedMs = performance.now();
    this.#notBeforeMs = endedMs + PAUSE_PER_COLLECTION * (endedMs - startedMs);
  }

  /** When whoever is under way has let go of what it has. */
  collectSoon(bytes: number): void {
    if (bytes >= LARGE_BYTES) setImmediate(() => this.collect(bytes));
  }
}

/** That of this process. */
export const largeGarbage = new LargeGarbage();

/** V8 gives it to contexts that are made after it was asked. Null: it gives none. */
function collector(): Collect | null {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('globalThis.gc') as ((how: object) => void) | undefined;
  return collect === undefined ? null : () => collect({ type: 'major', execution: 'sync' });
}
