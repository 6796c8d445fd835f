import { total } from '../common/total.js';
import type { ErrorKind } from '../errors/error-kinds.js';

/** An attempt that has ended. */
interface Outcome {
  readonly atMs: number;
  readonly durationMs: number;
  readonly answered: boolean;
}

/** The last error of a deployment. */
export interface LastError {
  readonly kind: ErrorKind;
  readonly status: number;
  /** Redacted. */
  readonly message: string;
  /** ms since the epoch */
  readonly atMs: number;
}

/** What is told of them. */
export interface RecentCounts {
  readonly answered: number;
  readonly failed: number;
  /** Half of those that answered took no longer; null: none did. */
  readonly p50Ms: number | null;
  /** Within a minute. */
  readonly tokens: number;
}

/** What counts as recent. */
export const RECENT_MS = 5 * 60_000;

/** No more than the last ones are kept. */
const MOST = 250;

/** Tokens are told of so many seconds. */
const TOKEN_SECONDS = 60;

export interface EndedAttempt {
  readonly durationMs: number;
  readonly tokens: number;
  /** Null: it has answered. */
  readonly error: Omit<LastError, 'atMs'> | null;
}

/** The attempts of the last minutes at a deployment. There may be a thousand a second: one more copies none of the others. */
export class RecentAttempts {
  /** The oldest first. */
  readonly #outcomes: Outcome[] = [];
  /** By the second, the oldest first. */
  readonly #tokens = new Map<number, number>();
  #lastError: LastError | null = null;

  get lastError(): LastError | null {
    return this.#lastError;
  }

  ended({ durationMs, error, tokens }: EndedAttempt, nowMs: number): void {
    this.#outcomes.push({ atMs: nowMs, durationMs, answered: error === null });
    if (this.#outcomes.length > MOST) this.#outcomes.shift();
    const second = Math.floor(nowMs / 1000);
    for (const old of this.#tokens.keys()) {
      if (old > second - TOKEN_SECONDS) break;
      this.#tokens.delete(old);
    }
    this.#tokens.set(second, (this.#tokens.get(second) ?? 0) + tokens);
    if (error !== null) this.#lastError = { ...error, atMs: nowMs };
  }

  counts(nowMs: number): RecentCounts {
    const answered: number[] = [];
    let failed = 0;
    for (const outcome of this.#outcomes) {
      if (outcome.atMs <= nowMs - RECENT_MS) continue;
      if (outcome.answered) answered.push(outcome.durationMs);
      else failed += 1;
    }
    let tokens = 0;
    for (const [second, count] of this.#tokens) if (second > nowMs / 1000 - TOKEN_SECONDS) tokens += count;
    const p50Ms = answered.sort((one, other) => one - other)[(answered.length - 1) >> 1] ?? null;
    return { answered: answered.length, failed, p50Ms, tokens };
  }
}

/** Of several workers: the median is that of their medians, each as often as it has answers. */
export function joinCounts(counts: readonly RecentCounts[]): RecentCounts {
  const answered = total(counts.map((each) => each.answered));
  let before = 0;
  const byMedian = counts.toSorted((one, other) => (one.p50Ms ?? 0) - (other.p50Ms ?? 0));
  const middle = byMedian.find((each) => (before += each.answered) * 2 >= answered && each.p50Ms !== null);
  return {
    answered,
    failed: total(counts.map(({ failed }) => failed)),
    p50Ms: middle?.p50Ms ?? null,
    tokens: total(counts.map(({ tokens }) => tokens)),
  };
}
