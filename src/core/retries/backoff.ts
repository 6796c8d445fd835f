export interface WaitInput {
  /** The retry that the wait is for: 1, 2, 3… in this group. */
  readonly retryNumber: number;
  /** What the provider asked for with this error; null: nothing. */
  readonly retryAfterMs: number | null;
  /** `retry_after`: the least wait before every retry. */
  readonly leastMs: number;
  readonly maxRetryDelayMs: number;
  /** Whether another deployment is neither cooling nor failed in this call. */
  readonly otherDeploymentFresh: boolean;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface Wait {
  readonly ms: number;
  readonly reason: string;
}

/** The most that is added to a `Retry-After`: 10 % of it, up to 5 s. */
const SPREAD_SHARE = 0.1;
const SPREAD_MS = 5000;

/** Whether no wait is needed because a fresh deployment can be asked at once. `retry_after` switches this off. */
export function asksAnotherAtOnce({ otherDeploymentFresh, leastMs }: WaitInput): boolean {
  return otherDeploymentFresh && leastMs === 0;
}

/**
 * The wait before a retry, as docs/retries.md tells it: none when another deployment is fresh; what the provider asks for, a little
 * spread so that callers do not all come back at once; else full jitter, U(0, min(2^n, max_retry_delay)) seconds.
 */
export function waitBeforeRetry(input: WaitInput): Wait {
  const { retryNumber, retryAfterMs, leastMs, maxRetryDelayMs, random } = input;
  if (asksAnotherAtOnce(input)) return { ms: 0, reason: 'another deployment is asked at once' };
  if (retryAfterMs !== null) {
    const asked = Math.ceil(retryAfterMs + random() * Math.min(retryAfterMs * SPREAD_SHARE, SPREAD_MS));
    return atLeast(leastMs, { ms: asked, reason: `the provider asked for ${retryAfterMs / 1000} s (Retry-After)` });
  }
  const most = mostBackoffMs(retryNumber, maxRetryDelayMs);
  return atLeast(leastMs, {
    ms: Math.round(random() * most),
    reason: `back-off of retry ${retryNumber}: up to ${most / 1000} s`,
  });
}

/** The longest back-off of a retry. */
export function mostBackoffMs(retryNumber: number, maxRetryDelayMs: number): number {
  return Math.min(2 ** retryNumber * 1000, maxRetryDelayMs);
}

function atLeast(leastMs: number, wait: Wait): Wait {
  return wait.ms >= leastMs ? wait : { ms: leastMs, reason: `retry_after: ${leastMs / 1000} s` };
}
