import { setTimeout as wait } from 'node:timers/promises';

interface SleepOptions {
  /** Ends the sleep, which then rejects. */
  readonly signal?: AbortSignal;
  /** Whether the process stays alive for it. @default true */
  readonly ref?: boolean;
}

/** The time, as whatever needs it is given it. */
export interface Clock {
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number, options?: SleepOptions) => Promise<void>;
  /** Runs again and again, until what is returned is called. */
  readonly every: (ms: number, run: () => void) => () => void;
}

/** Uniform in [0, 1). */
export type Random = () => number;

/** That of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, options) => wait(ms, undefined, options),
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
};

export const systemRandom: Random = () => Math.random();

/**
 * Whether a promise settles in time. Its rejection is still its owner's to handle.
 * @param ref - whether the process stays for the time limit alone
 */
export async function settlesWithin(
  clock: Pick<Clock, 'sleep'>,
  promise: Promise<unknown>,
  limitMs: number,
  { ref = true } = {},
): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  const over = new AbortController();
  const late = clock.sleep(limitMs, { ref, signal: over.signal }).then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    over.abort();
  }
}
