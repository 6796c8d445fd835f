import { setTimeout as sleep } from 'node:timers/promises';

/** Yields after a time, and then again and again, until the signal. */
export async function* ticks(firstMs: number, intervalMs: number, signal: AbortSignal): AsyncGenerator<void> {
  for (let waitMs = firstMs; !signal.aborted; waitMs = intervalMs) {
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) yield;
  }
}
