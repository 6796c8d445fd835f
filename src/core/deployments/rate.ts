/** What was sent under a limit per minute: what may be sent next, and when, is a function of it. */
export interface Rate {
  /** How much had been sent more than an even pace would have, after the last one. */
  readonly ahead: number;
  /** The same, less what turns that came late had left over: that is made up for, see `madeUpOf`. */
  readonly unearned: number;
  /** When that was so: when the last one was sent, or the limit became another, ms since the epoch. */
  readonly lastMs: number;
  /** What was sent within the last minute, the oldest first. */
  readonly sent: readonly Sent[];
}

export interface Sent {
  /** When the last of these was sent. */
  readonly atMs: number;
  readonly count: number;
}

/** One that may be sent. */
export interface Next {
  /** What it takes of the limit. @default 1 */
  readonly cost?: number | undefined;
  /** So much may be sent at once. @default what it takes: it goes at the pace */
  readonly burst?: number | undefined;
  /** No minute has more, also where the pace has changed meanwhile. @default what goes at the pace needs no room */
  readonly most?: number | undefined;
  /** Turns that came late are made up for, where that leaves no minute with more. @default they are lost */
  readonly madeUp?: number | undefined;
}

const MINUTE_MS = 60_000;

/** A provider counts by its own minute, and one request may take longer to get there than another. */
const WINDOW_MS = MINUTE_MS + 250;

/** What is sent within so long is kept as one: a minute has few entries, however much is sent. */
const GRAIN_MS = 100;

/** So much may be sent at once after a rest, or a tenth of a minute's. */
const LEAST_BURST = 10;

export const NOTHING_SENT: Rate = { ahead: 0, unearned: 0, lastMs: 0, sent: [] };

/** The even pace of a limit per minute: milliseconds for each. */
export function paceMs(perMinute: number): number {
  return MINUTE_MS / perMinute;
}

/** While requests wait, turns that came late are made up for: the next ones go so long before their time at the pace. */
const MADE_UP_MS = 2_000;

/** Where requests wait, what went ahead of the pace is paid back at half of it: nobody stands still for that. */
const PAID_BACK = 2;

/** How many of those that came late are made up for. */
function madeUpOf(perMinute: number): number {
  return MADE_UP_MS / paceMs(perMinute);
}

/** How many may be sent at once after a rest. */
export function burstOf(perMinute: number): number {
  return Math.min(perMinute, Math.max(LEAST_BURST, Math.floor(perMinute / 10)));
}

/**
 * When the next may be sent, never before now: at an even pace, or ahead of it as long as the minute has room. No minute has
 * more than the limit; where each takes more than one, by the last of them at most.
 */
export function freeMs(
  rate: Rate,
  perMinute: number,
  nowMs: number,
  { cost = 1, burst = cost, most, madeUp }: Next = {},
): number {
  const { ahead, unearned, lastMs, sent } = rate;
  const after = (count: number): number => lastMs + count * paceMs(perMinute);
  const atPaceMs = after(ahead);
  const inRoomMs = (dueMs: number, room: number): number => Math.max(dueMs, whenRoom(sent, room, cost, nowMs));
  const burstMs = inRoomMs(after(ahead + cost - burst), perMinute);
  const madeUpMs =
    madeUp === undefined ? Infinity : inRoomMs(Math.min(after(unearned), after(PAID_BACK * cost)), madeUp);
  // In a minute of other paces there may have been less.
  const lacks = most === undefined ? 0 : Math.max(0, cost - most);
  const mostMs = most === undefined ? nowMs : whenRoom(sent, most, cost, nowMs + lacks * paceMs(perMinute));
  return Math.max(nowMs, mostMs, Math.min(atPaceMs, burstMs, madeUpMs));
}

/** When the last minute has room for it. */
function whenRoom(sent: readonly Sent[], perMinute: number, cost: number, nowMs: number): number {
  let room = perMinute - cost;
  for (const { atMs, count } of sent.toReversed()) {
    room -= count;
    if (room < 0) return atMs + WINDOW_MS;
  }
  return nowMs;
}

/** A limit, and since when it is that. */
export interface Pace {
  readonly sinceMs: number;
  readonly perMinute: number;
}

/** Of sums of fractions. */
export const ROUNDING = 1e-6;

/** What the paces of the last minute let through together; before the first one it was that, or the last one if that is less. */
export function allowedInMinute(paces: readonly Pace[], nowMs: number): number {
  const fromMs = nowMs - MINUTE_MS;
  let untilMs = nowMs;
  let allowed = 0;
  for (const { sinceMs, perMinute } of paces.toReversed()) {
    const beganMs = Math.max(sinceMs, fromMs);
    allowed += Math.max(0, untilMs - beganMs) / paceMs(perMinute);
    untilMs = beganMs;
  }
  const before = Math.min(paces.at(0)?.perMinute ?? 0, paces.at(-1)?.perMinute ?? 0);
  return allowed + Math.max(0, untilMs - fromMs) / paceMs(before) + ROUNDING;
}

/** What was sent within the last minute. */
export function recentlySent(sent: readonly Sent[], nowMs: number): readonly Sent[] {
  return sent.filter(({ atMs }) => atMs > nowMs - WINDOW_MS);
}

/** So many more were sent. */
export function withMoreSent(sent: readonly Sent[], count: number, nowMs: number): readonly Sent[] {
  const recent = recentlySent(sent, nowMs);
  const last = recent.at(-1);
  const isSoon = last !== undefined && grainOf(last.atMs) === grainOf(nowMs);
  return isSoon
    ? [...recent.slice(0, -1), { atMs: nowMs, count: last.count + count }]
    : [...recent, { atMs: nowMs, count }];
}

function grainOf(atMs: number): number {
  return Math.floor(atMs / GRAIN_MS);
}

/** From now on the limit is another one: what was caught up by this one is kept. */
export function caughtUp(rate: Rate, perMinute: number, nowMs: number): Rate {
  const { ahead, unearned, lastMs } = rate;
  const passed = (nowMs - lastMs) / paceMs(perMinute);
  return {
    ...rate,
    ahead: Math.max(0, ahead - passed),
    unearned: Math.max(-madeUpOf(perMinute), unearned - passed),
    lastMs: nowMs,
  };
}

/** One was sent, or more than was counted when it was. */
export function withSent(rate: Rate, perMinute: number, nowMs: number, cost = 1): Rate {
  const { ahead, unearned, lastMs, sent } = caughtUp(rate, perMinute, nowMs);
  return { ahead: ahead + cost, unearned: unearned + cost, lastMs, sent: withMoreSent(sent, cost, nowMs) };
}

/** Some of what was counted at a time was not sent. */
export function withoutSent({ ahead, unearned, lastMs, sent }: Rate, sentMs: number, cost = 1): Rate {
  const index = sent.findIndex(({ atMs }) => atMs >= sentMs);
  return {
    ahead: Math.max(0, ahead - cost),
    unearned: unearned - cost,
    lastMs,
    sent: sent.map((entry, at) => (at === index ? { ...entry, count: Math.max(0, entry.count - cost) } : entry)),
  };
}
