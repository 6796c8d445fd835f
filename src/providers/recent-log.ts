import {
  RECENT_MS,
  RecentAttempts,
  type EndedAttempt,
  type LastError,
  type RecentCounts,
} from '../core/deployments/recent.js';

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
    return this.#of(deployment).counts(this.#now());
  }

  lastError(deployment: string): LastError | null {
    return this.#of(deployment).lastError;
  }

  #of(deployment: string): RecentAttempts {
    return this.#logs.get(deployment)?.attempts ?? new RecentAttempts();
  }
}
