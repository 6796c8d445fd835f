import type { Clock } from '../clock.js';
import type { Asking } from './limiter.js';

/** How long somebody can wait: until its deadline, and until it goes away. */
export type Patience = Pick<Asking, 'deadlineMs' | 'signal'>;

/** Waits until something is so, which may be after each time that what comes next has come; so long at most. */
export async function untilDone(
  isDone: () => boolean,
  clock: Pick<Clock, 'now' | 'sleep'>,
  { deadlineMs, signal, limitMs }: Patience & { readonly limitMs: number },
  next: () => Promise<void>,
): Promise<void> {
  const untilMs = Math.min(clock.now() + limitMs, deadlineMs ?? Infinity);
  const isOver = () => signal.aborted || clock.now() >= untilMs;
  const done = new AbortController();
  const over = clock
    .sleep(Math.max(0, untilMs - clock.now()), { signal: AbortSignal.any([signal, done.signal]), ref: false })
    .catch(() => undefined);
  while (!isDone() && !isOver()) await Promise.race([next(), over]);
  done.abort();
}
