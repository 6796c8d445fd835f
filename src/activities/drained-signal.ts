import type { Clock } from '../clock.js';

interface Drain {
  readonly clock: Pick<Clock, 'sleep'>;
  /** Fires when the worker begins to stop. */
  readonly stopping: AbortSignal;
  /** How long attempts in flight may go on then. */
  readonly drainMs: number;
  /** Fires when the worker gives up its activities sooner. */
  readonly drained: AbortSignal;
}

/** Fires when attempts that are in no activity are given up: nobody else tells them that the drain is over. */
export function drainedSignal({ clock, stopping, drainMs, drained }: Drain): AbortSignal {
  const over = new AbortController();
  const end = (): void => over.abort();
  const drain = (): void => void clock.sleep(drainMs, { ref: false }).then(end);
  stopping.addEventListener('abort', drain, { once: true });
  drained.addEventListener('abort', end, { once: true });
  return over.signal;
}
