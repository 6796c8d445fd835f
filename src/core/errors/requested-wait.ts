import type { ProviderError } from './failure-facts.js';
import { durationMs, numberMs, untilResetMs } from './duration.js';
import { clockMs, LONGEST_WAIT_MS, retryAfterMs, type AnswerHeaders } from './retry-after.js';
import { LIMIT_HEADERS } from './tables/limit-headers.js';

interface FailedAnswer {
  readonly headers: AnswerHeaders;
  readonly error: ProviderError;
  /** The status that the failure counts as. */
  readonly status: number;
  readonly nowMs: number;
}

/** Where a provider may say how long to wait, the plainest first. The first that says something counts. */
const PLACES: readonly ((answer: FailedAnswer) => number | null)[] = [
  ({ headers, nowMs }) => retryAfterMs(headers, nowMs),
  ({ error: { headers = {} }, nowMs }) => retryAfterMs(headers, nowMs),
  ({ error: { retryDelay } }) =>
    retryDelay === undefined ? null : (durationMs(retryDelay) ?? numberMs(retryDelay, 1000)),
  // The limits of an answer say nothing of why it failed, but where one of them is the reason.
  ({ status, headers, nowMs }) => (status === 429 ? exhaustedMs(headers, clockMs(headers, nowMs)) : null),
  ({ status, headers, error, nowMs }) =>
    status === 429 ? exhaustedMs(error.headers ?? {}, clockMs(headers, nowMs)) : null,
];

/** How long the provider asks to wait, in milliseconds; null: it does not say. */
export function requestedWaitMs(answer: FailedAnswer): number | null {
  for (const place of PLACES) {
    const waitMs = place(answer);
    if (waitMs !== null) return Math.min(waitMs, LONGEST_WAIT_MS);
  }
  return null;
}

/** Until all limits of which nothing is left are full again; a provider that says nothing of what is left has one limit. */
function exhaustedMs(headers: AnswerHeaders, nowMs: number): number | null {
  const waits = LIMIT_HEADERS.flatMap(({ remaining, reset }) => {
    const left = new Map(limitsIn(remaining, headers));
    const resets = limitsIn(reset, headers);
    const isExhausted = (limit: string) => (left.size === 0 ? resets.length === 1 : Number(left.get(limit)) <= 0);
    return resets.filter(([limit]) => isExhausted(limit)).map(([, value]) => untilResetMs(value, nowMs));
  });
  const known = waits.filter((wait) => wait !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** The values of headers with a name of such a form, by the limit that the name tells of; the empty one where it tells none. */
function limitsIn(pattern: RegExp, headers: AnswerHeaders): [limit: string, value: string][] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const found = pattern.exec(name);
    return found === null || value === undefined ? [] : [[String(found[1]), value]];
  });
}
