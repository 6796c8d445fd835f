import { systemClock, type Clock } from '../clock.js';

/** How many requests there may be. Unset, and 0: any number. */
export interface RequestLimits {
  /** Within a minute. */
  readonly rpm?: number | undefined;
  readonly maxParallelRequests?: number | undefined;
}

/** A place for a request. */
export interface Slot {
  readonly waitMs: null;
  /** The request has ended. */
  readonly release: () => void;
  /** It was not made: the place was never taken. */
  readonly giveBack: () => void;
}

/** Keeps limits of requests, on this worker alone. */
export interface Limiter {
  /** Waits up to a second for a slot of what has this name; else says how long to stay away before asking again. */
  take(name: string, limits: RequestLimits): Promise<Slot | { readonly waitMs: number }>;
}

/** So long a slot is waited for here; longer waits are left to Temporal, where they survive everything. */
const PATIENCE_MS = 1000;
const POLL_MS = 20;
/** Nobody knows when a request in flight ends; an attempt that found no slot comes back after this. */
const RETURN_MS = 2000;
const MINUTE_MS = 60_000;

interface Use {
  inFlight: number;
  /** When the requests of the last minute were sent. */
  sentMs: number[];
  /** When those come back that were told to wait: each has a time of its own. */
  promisedMs: number[];
}

export function createLimiter({ now, sleep }: Pick<Clock, 'now' | 'sleep'> = systemClock): Limiter {
  const uses = new Map<string, Use>();
  return {
    take: async (name, limits) => {
      const rpm = limits.rpm || Infinity;
      const parallel = limits.maxParallelRequests || Infinity;
      const use = uses.get(name) ?? { inFlight: 0, sentMs: [], promisedMs: [] };
      uses.set(name, use);
      const giveUpMs = now() + PATIENCE_MS;
      for (;;) {
        const nowMs = now();
        use.sentMs = use.sentMs.filter((sentMs) => sentMs > nowMs - MINUTE_MS);
        use.promisedMs = use.promisedMs.filter((promisedMs) => promisedMs > nowMs);
        const isFull = use.sentMs.length >= rpm;
        if (!isFull && use.inFlight < parallel) return rpm === Infinity ? parallelSlot(use) : countedSlot(use, nowMs);
        const freeMs = isFull ? nextFreeMs(use, rpm) : 0;
        if (freeMs > giveUpMs) {
          use.promisedMs.push(freeMs);
          return { waitMs: freeMs - nowMs };
        }
        if (nowMs >= giveUpMs) return { waitMs: RETURN_MS };
        await sleep(POLL_MS);
      }
    },
  };
}

/** One of those at the same time. */
function parallelSlot(use: Use): Slot {
  use.inFlight += 1;
  const release = () => void (use.inFlight -= 1);
  return { waitMs: null, release, giveBack: release };
}

/** One of those of a minute, too. */
function countedSlot(use: Use, sentMs: number): Slot {
  const { release } = parallelSlot(use);
  use.sentMs.push(sentMs);
  const giveBack = () => {
    release();
    const index = use.sentMs.indexOf(sentMs);
    if (index !== -1) use.sentMs.splice(index, 1);
  };
  return { waitMs: null, release, giveBack };
}

/** When the minute has room again, after all who were told to wait before. */
function nextFreeMs({ sentMs, promisedMs }: Use, rpm: number): number {
  return ([...sentMs, ...promisedMs].at(-rpm) ?? 0) + MINUTE_MS;
}
