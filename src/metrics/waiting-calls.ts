/** A call that waits for an attempt. */
export interface Wait {
  readonly group: string;
  readonly reason: string;
  /** When its first attempt in the group began, or it began to wait for that. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** How many of a group wait for one reason, and since when the one that has waited longest. */
export interface WaitingGroup {
  readonly group: string;
  readonly reason: string;
  readonly calls: number;
  readonly sinceMs: number;
}

/** A wait may last so much longer than it was said to, by the timers of the server and a worker that is busy. */
const OVERDUE_MS = 10_000;

/** As many as are forgotten only when somebody looks. */
const MIN_PRUNED = 1000;

/**
 * The calls whose waits this worker has decided. Another worker may have made the attempt meanwhile: a wait that is over
 * counts no more. So the sum over all workers is right but for workers that were lost.
 */
export class WaitingCalls {
  readonly #waits = new Map<string, Wait>();
  #prunedAt = MIN_PRUNED;

  /** The call begins to wait, or waits on. */
  waits(call: string, wait: Wait, nowMs: number): void {
    this.#waits.set(call, wait);
    if (this.#waits.size > this.#prunedAt) this.#prune(nowMs);
  }

  /** An attempt of it has begun, or there will be none. */
  ended(call: string): void {
    this.#waits.delete(call);
  }

  /** How many are kept. */
  get size(): number {
    return this.#waits.size;
  }

  groups(nowMs: number): WaitingGroup[] {
    this.#prune(nowMs);
    const found = new Map<string, WaitingGroup>();
    for (const { group, reason, sinceMs } of this.#waits.values()) {
      const key = JSON.stringify([group, reason]);
      const known = found.get(key);
      const calls = (known?.calls ?? 0) + 1;
      found.set(key, { group, reason, calls, sinceMs: Math.min(known?.sinceMs ?? sinceMs, sinceMs) });
    }
    return [...found.values()];
  }

  #prune(nowMs: number): void {
    for (const [call, { untilMs }] of this.#waits) if (untilMs + OVERDUE_MS < nowMs) this.#waits.delete(call);
    this.#prunedAt = Math.max(MIN_PRUNED, 2 * this.#waits.size);
  }
}
