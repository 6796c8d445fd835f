import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationalSettings } from '../core/deployments/operational.js';

/** A place among the requests that a deployment may get, or how long to stay away before asking again. */
type Slot = { readonly release: () => void; readonly waitMs: null } | { readonly waitMs: number };

/** Keeps `rpm` and `max_parallel_requests` of deployments, on this worker alone. */
export interface Slots {
  /** Waits up to a second for a slot. */
  take(deployment: string): Promise<Slot>;
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
}

export function createSlots(settings: OperationalSettings, now: () => number = Date.now): Slots {
  const uses = new Map<string, Use>();
  return {
    take: async (deployment) => {
      const limits = settings.deployments[deployment];
      // 0 means no limit.
      const rpm = limits?.rpm || Infinity;
      const parallel = (limits?.maxParallelRequests ?? settings.maxParallelRequests) || Infinity;
      if (rpm === Infinity && parallel === Infinity) return { release: () => {}, waitMs: null };
      const use = uses.get(deployment) ?? { inFlight: 0, sentMs: [] };
      uses.set(deployment, use);
      const giveUpMs = now() + PATIENCE_MS;
      for (;;) {
        const nowMs = now();
        use.sentMs = use.sentMs.filter((sentMs) => sentMs > nowMs - MINUTE_MS);
        const full = use.sentMs.at(-rpm);
        if (full === undefined && use.inFlight < parallel) {
          use.inFlight += 1;
          use.sentMs.push(nowMs);
          return { release: () => void (use.inFlight -= 1), waitMs: null };
        }
        if (full !== undefined && full + MINUTE_MS > giveUpMs) return { waitMs: full + MINUTE_MS - nowMs };
        if (nowMs >= giveUpMs) return { waitMs: RETURN_MS };
        await sleep(POLL_MS);
      }
    },
  };
}
