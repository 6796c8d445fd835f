import { total } from '../common/total.js';
import type { ErrorKind } from '../errors/error-kinds.js';
import { recentlySent, withMoreSent, type Sent } from './rate.js';

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

/** The attempts of the last minutes at a deployment. */
export interface RecentAttempts {
  readonly outcomes: readonly Outcome[];
  readonly tokens: readonly Sent[];
  readonly lastError: LastError | null;
}

export const NO_ATTEMPTS: RecentAttempts = { outcomes: [], tokens: [], lastError: null };

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

export interface EndedAttempt {
  readonly durationMs: number;
  readonly tokens: number;
  /** Null: it has answered. */
  readonly error: Omit<LastError, 'atMs'> | null;
}

export function withEnded(recent: RecentAttempts, ended: EndedAttempt, nowMs: number): RecentAttempts {
  const { durationMs, error, tokens } = ended;
  const outcome: Outcome = { atMs: nowMs, durationMs, answered: error === null };
  return {
    outcomes: [...stillRecent(recent.outcomes, nowMs).slice(1 - MOST), outcome],
    tokens: tokens === 0 ? recent.tokens : withMoreSent(recent.tokens, tokens, nowMs),
    lastError: error === null ? recent.lastError : { ...error, atMs: nowMs },
  };
}

export function recentCounts({ outcomes, tokens }: RecentAttempts, nowMs: number): RecentCounts {
  const recent = stillRecent(outcomes, nowMs);
  const answered = recent.filter((outcome) => outcome.answered).map(({ durationMs }) => durationMs);
  return {
    answered: answered.length,
    failed: recent.length - answered.length,
    p50Ms: answered.toSorted((one, other) => one - other)[(answered.length - 1) >> 1] ?? null,
    tokens: total(recentlySent(tokens, nowMs).map(({ count }) => count)),
  };
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

function stillRecent(outcomes: readonly Outcome[], nowMs: number): readonly Outcome[] {
  return outcomes.filter(({ atMs }) => atMs > nowMs - RECENT_MS);
}
