import type { Caller } from './callers.js';
import { Refusal } from './refusal.js';

/** Requests under way at once, of all callers. Each holds a connection and a poll for its answer. */
export const DEFAULT_MAX_REQUESTS = 1000;

/** A place is free again soon: requests end all the time. */
const RETRY_AFTER_SECONDS = 1;

/** Counts the requests under way, and lets in no more than there may be. */
export class Admission {
  readonly #max: number;
  readonly #byCaller = new Map<string, number>();
  #total = 0;

  constructor(max: number = DEFAULT_MAX_REQUESTS) {
    this.#max = max;
  }

  get inFlight(): number {
    return this.#total;
  }

  /**
   * Lets a request in; the function it returns must be called at its end.
   * @throws Refusal when there are too many
   */
  enter({ id, maxParallelRequests = Infinity }: Caller): () => void {
    const own = this.#byCaller.get(id) ?? 0;
    if (own >= maxParallelRequests) {
      throw tooMany('RateLimitError', `key ${id} has ${own} requests under way, as many as it may have at once`);
    }
    if (this.#total >= this.#max) {
      throw tooMany(
        'ServiceUnavailableError',
        `${this.#total} requests are under way, as many as this gateway serves at once`,
      );
    }
    this.#count(id, 1);
    return () => this.#count(id, -1);
  }

  #count(id: string, change: 1 | -1): void {
    this.#total += change;
    const own = (this.#byCaller.get(id) ?? 0) + change;
    if (own === 0) this.#byCaller.delete(id);
    else this.#byCaller.set(id, own);
  }
}

function tooMany(kind: 'RateLimitError' | 'ServiceUnavailableError', message: string): Refusal {
  return new Refusal({ kind, message, retryAfterSeconds: RETRY_AFTER_SECONDS, askAgain: true });
}
