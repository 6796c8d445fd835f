/** What was sent under a limit per minute: what may be sent next, and when, is a function of it. */
export interface Rate {
  /** When all that was sent would have been sent at an even pace, ms since the epoch. */
  readonly paidMs: number;
  /** What was sent within the last minute, the oldest first. */
  readonly sent: readonly Sent[];
}

interface Sent {
  /** When the last of these was sent. */
  readonly atMs: number;
  readonly count: number;
}

const MINUTE_MS = 60_000;

/** What is sent within so long is kept as one: a minute has few entries, however much is sent. */
const GRAIN_MS = 100;

/** So much may be sent at once after a rest, or a tenth of a minute's. */
const LEAST_BURST = 10;

export const NOTHING_SENT: Rate = { paidMs: 0, sent: [] };

/** The even pace of a limit per minute: milliseconds for each. */
export function paceMs(perMinute: number): number {
  return MINUTE_MS / perMinute;
}

/**
 * When the next may be sent, never before now: no minute has more than the limit. Who waits goes at an even pace; only who
 * finds nobody waiting may use up what a rest has left.
 */
export function freeMs({ sent, paidMs }: Rate, perMinute: number, nowMs: number, nobodyWaits: boolean): number {
  const burst = Math.min(perMinute, Math.max(LEAST_BURST, perMinute / 10));
  const pacedMs = paidMs - (nobodyWaits ? (burst - 1) * paceMs(perMinute) : 0);
  return Math.max(nowMs, pacedMs, roomMs(sent, perMinute, nowMs));
}

/** When the minute has room for one more. */
function roomMs(sent: readonly Sent[], perMinute: number, nowMs: number): number {
  let room = perMinute - 1;
  for (const { atMs, count } of sent.toReversed()) {
    room -= count;
    if (room < 0) return Math.max(nowMs, atMs + MINUTE_MS);
  }
  return nowMs;
}

/** So many were sent. */
export function withSent({ paidMs, sent }: Rate, perMinute: number, nowMs: number, count = 1): Rate {
  const recent = sent.filter(({ atMs }) => atMs > nowMs - MINUTE_MS);
  const last = recent.at(-1);
  const isSoon = last !== undefined && nowMs - last.atMs < GRAIN_MS;
  return {
    paidMs: Math.max(paidMs, nowMs) + count * paceMs(perMinute),
    sent: isSoon
      ? [...recent.slice(0, -1), { atMs: nowMs, count: last.count + count }]
      : [...recent, { atMs: nowMs, count }],
  };
}

/** One of those that were counted was not sent. */
export function withoutSent({ paidMs, sent }: Rate, perMinute: number): Rate {
  const last = sent.findLastIndex(({ count }) => count > 0);
  return {
    paidMs: paidMs - paceMs(perMinute),
    sent: sent.map((entry, index) => (index === last ? { ...entry, count: entry.count - 1 } : entry)),
  };
}
