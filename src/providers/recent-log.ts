import {
  RECENT_MS,
  RecentAttempts,
  type EndedAttempt,
  type LastError,
  type RecentCounts,
} from '../core/deployments/recent.js';

const NONE: RecentCounts = { answered: 0, failed: 0, p50Ms: null, tokens: 0 };

/** The attempts of the last minutes that this worker has made, by deployment. */
export class RecentLog {
  readonly #now: () => number;
  readonly #logs = new Map<string, { readonly attempts: RecentAttempts; readonly atMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  ended(deployment: string, ended: EndedAttempt): void {
    const nowMs = this.#now();
    // Callers name the models of a wildcard: what is over must not pile up.
    for (const [id, { atMs }] of this.#logs) if (atMs + RECENT_MS < nowMs) this.#logs.delete(id);
    const attempts = this.#logs.get(deployment)?.attempts ?? new RecentAttempts();
    attempts.ended(ended, nowMs);
    this.#logs.set(deployment, { attempts, atMs: nowMs });
  }

  counts(deployment: string): RecentCounts {
    return this.#logs.get(deployment)?.attempts.counts(this.#now()) ?? NONE;
  }

  lastError(deployment: string): LastError | null {
    return this.#logs.get(deployment)?.attempts.lastError ?? null;
  }
}
