/** How requests come back to a deployment that is open again: at a rate, not all at once. */
export interface Ramp {
  readonly state: 'ramp';
  /** Tells one opening from another. */
  readonly id: number;
  /** When it was opened, ms since the epoch. */
  readonly sinceMs: number;
  /** The rate that it begins with, of all workers together. */
  readonly perSecond: number;
  /** Whether the rate grows, twice as much every two seconds; else it stays until nobody waits. */
  readonly grows: boolean;
}

const DOUBLES_MS = 2_000;

const FIRST_PER_SECOND = 5;

/** By then a rate that grows lets through what nobody would call a stampede. */
const GROWN_MS = 20_000;

/** A rate that stays does so for as long as calls may look for the deployment that they wait for. */
const STAYS_MS = 70_000;

/** @param perSecond - a rate that stays. @default it grows */
export function rampFrom(nowMs: number, perSecond?: number): Ramp {
  return {
    state: 'ramp',
    id: nowMs,
    sinceMs: nowMs,
    perSecond: perSecond ?? FIRST_PER_SECOND,
    grows: perSecond === undefined,
  };
}

/** How long after the opening a request may begin before which so many have begun since. */
export function rampMs({ perSecond, grows }: Pick<Ramp, 'perSecond' | 'grows'>, before: number): number {
  const evenMs = (before * 1_000) / perSecond;
  return grows ? DOUBLES_MS * Math.log2(1 + (evenMs * Math.LN2) / DOUBLES_MS) : evenMs;
}

/** @param isWaitedFor - whether calls wait for their turn in it */
export function isRampOver({ sinceMs, grows }: Ramp, isWaitedFor: boolean, nowMs: number): boolean {
  return nowMs - sinceMs >= (grows ? GROWN_MS : STAYS_MS) && (grows || !isWaitedFor);
}
