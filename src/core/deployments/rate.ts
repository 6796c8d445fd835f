/** What was sent under a limit per minute: what may be sent next, and when, is a function of it. */
export interface Rate {
  /** How many had been sent more than an even pace would have, after the last one. */
  readonly ahead: number;
  /** When the last one was sent, ms since the epoch. */
  readonly lastMs: number;
  /** What was sent within the last minute, the oldest first. */
  readonly sent: readonly Sent[];
}

export interface Sent {
  /** When the last of these was sent. */
  readonly atMs: number;
  readonly count: number;
}

const MINUTE_MS = 60_000;

/** What is sent within so long is kept as one: a minute has few entries, however much is sent. */
const GRAIN_MS = 100;

/** So much may be sent at once after a rest, or a tenth of a minute's. */
const LEAST_BURST = 10;

export const NOTHING_SENT: Rate = { ahead: 0, lastMs: 0, sent: [] };

/** The even pace of a limit per minute: milliseconds for each. */
export function paceMs(perMinute: number): number {
  return MINUTE_MS / perMinute;
}

/** How many may be sent at once after a rest. */
export function burstOf(perMinute: number): number {
  return Math.min(perMinute, Math.max(LEAST_BURST, Math.floor(perMinute / 10)));
}

/**
 * When the next may be sent, never before now: at an even pace, or ahead of it as long as the minute has room. Either way no
 * minute has more than the limit.
 * @param burst - so many may be sent at once. @default 1: at the pace
 */
export function freeMs({ ahead, lastMs, sent }: Rate, perMinute: number, nowMs: number, burst = 1): number {
  const dueMs = (allowed: number): number => lastMs + (ahead + 1 - allowed) * paceMs(perMinute);
  const roomMs = whenFewer(sent, perMinute, nowMs);
  return Math.max(nowMs, Math.min(dueMs(1), Math.max(dueMs(burst), roomMs)));
}

/** When fewer than so many were sent within a minute. */
function whenFewer(sent: readonly Sent[], perMinute: number, nowMs: number): number {
  let room = perMinute - 1;
  for (const { atMs, count } of sent.toReversed()) {
    room -= count;
    if (room < 0) return atMs + MINUTE_MS;
  }
  return nowMs;
}

/** What was sent within the last minute. */
export function recentlySent(sent: readonly Sent[], nowMs: number): readonly Sent[] {
  return sent.filter(({ atMs }) => atMs > nowMs - MINUTE_MS);
}

/** So many more were sent. */
export function withMoreSent(sent: readonly Sent[], count: number, nowMs: number): readonly Sent[] {
  const recent = recentlySent(sent, nowMs);
  const last = recent.at(-1);
  const isSoon = last !== undefined && nowMs - last.atMs < GRAIN_MS;
  return isSoon
    ? [...recent.slice(0, -1), { atMs: nowMs, count: last.count + count }]
    : [...recent, { atMs: nowMs, count }];
}

/** One was sent. */
export function withSent({ ahead, lastMs, sent }: Rate, perMinute: number, nowMs: number): Rate {
  const caughtUp = (nowMs - lastMs) / paceMs(perMinute);
  return { ahead: Math.max(0, ahead - caughtUp) + 1, lastMs: nowMs, sent: withMoreSent(sent, 1, nowMs) };
}

/** One of those that were counted was not sent. */
export function withoutSent({ ahead, lastMs, sent }: Rate): Rate {
  const last = sent.findLastIndex(({ count }) => count > 0);
  return {
    ahead: ahead - 1,
    lastMs,
    sent: sent.map((entry, index) => (index === last ? { ...entry, count: entry.count - 1 } : entry)),
  };
}
