import type { Clock } from '../clock.js';

/** As much of an activity's context as a heartbeat needs. */
interface Beating {
  readonly info: { readonly heartbeatTimeoutMs?: number | undefined };
  heartbeat(details: unknown): void;
}

/** Three beats within the heartbeat timeout: two may be lost on the way. */
export function beatEveryMs(timeoutMs: number): number {
  return timeoutMs / 3;
}

/**
 * Heartbeats at every third of the heartbeat timeout until stopped, the first not before that, so that an instant call
 * sends none. Every beat carries the details: one without would erase them.
 */
export function startHeartbeats(clock: Pick<Clock, 'every'>, context: Beating, details: () => unknown): () => void {
  const timeoutMs = context.info.heartbeatTimeoutMs ?? 0;
  if (timeoutMs === 0) return () => {};
  return clock.every(beatEveryMs(timeoutMs), () => context.heartbeat(details()));
}
