import type { Clock } from '../clock.js';
import { untilAborted } from '../temporal/until-aborted.js';
import { beatEveryMs } from './heartbeat.js';

/** A heartbeat is answered by then, where the server is there: the SDK sends one every 2 s at most. */
const ANSWERED_MS = 3_000;

export interface Lease {
  /**
   * Settles at once, but for after a time in which this process did nothing: when Temporal had no heartbeat for so long that
   * another worker may have the activity, and would have told this one so by now. Never fails.
   * @returns whether it settled at once
   */
  held(signal: AbortSignal): Promise<boolean>;
  /** Ends the watch. */
  end(): void;
}

/**
 * Watches whether an activity is still this worker's: a process that was frozen for longer than its heartbeat timeout has
 * lost it, and hears of that only with the answer to its next heartbeat. What it began before that would be begun twice.
 */
export function watchLease(
  clock: Pick<Clock, 'every' | 'now' | 'sleep'>,
  { heartbeatTimeoutMs = 0 }: { readonly heartbeatTimeoutMs?: number | undefined },
  heartbeat: () => void,
): Lease {
  if (heartbeatTimeoutMs === 0) return { held: async () => true, end: () => {} };
  let aliveMs = clock.now();
  let answer: Promise<void> | null = null;
  const isLate = () => clock.now() - aliveMs > heartbeatTimeoutMs - beatEveryMs(heartbeatTimeoutMs);
  const ask = (): Promise<void> => {
    heartbeat();
    return clock.sleep(ANSWERED_MS).finally(() => {
      aliveMs = clock.now();
      answer = null;
    });
  };
  const end = clock.every(beatEveryMs(heartbeatTimeoutMs), () => {
    if (isLate()) answer ??= ask();
    else aliveMs = clock.now();
  });
  const held = async (signal: AbortSignal) => {
    if (answer === null && !isLate()) return true;
    const asked = (answer ??= ask());
    await untilAborted(signal, () => asked).catch(() => undefined);
    return false;
  };
  return { held, end };
}
