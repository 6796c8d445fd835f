import { setTimeout as sleep } from 'node:timers/promises';
import { TemporalUnavailableError } from './errors.js';

/** How long a Temporal server may be away. Its workflows know nothing of it: a server that restarts is back sooner. */
const PATIENCE_MS = 60_000;

/** The connection tries again by itself for some seconds before it fails. */
const PAUSE_MS = 500;

export interface PatienceOptions {
  /** Ends the waiting, with the signal's reason. @default never */
  readonly signal?: AbortSignal | undefined;
  /** @default 60 s */
  readonly patienceMs?: number | undefined;
}

/**
 * Asks Temporal, and again while its server is away or busy. What is asked must bear being asked twice.
 * @param ask - throws TemporalUnavailableError where Temporal cannot be used
 * @throws TemporalUnavailableError when the server stays away; the signal's reason when it fires
 */
export async function withPatience<T>(
  ask: () => Promise<T>,
  { signal, patienceMs = PATIENCE_MS }: PatienceOptions = {},
): Promise<T> {
  let awaySinceMs: number | null = null;
  for (;;) {
    const askedMs = performance.now();
    try {
      return await ask();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TemporalUnavailableError) || !error.transient) throw error;
      const nowMs = performance.now();
      // One that was asked for long was there until just now.
      if (awaySinceMs === null || nowMs - askedMs > patienceMs) awaySinceMs = nowMs;
      if (nowMs - awaySinceMs > patienceMs) throw error;
      await sleep(PAUSE_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
      signal?.throwIfAborted();
    }
  }
}
