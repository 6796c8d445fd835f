import { COOLDOWN_DEFAULTS } from '../core/deployments/cooldown.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';

interface FailureMark {
  readonly atMs: number;
  readonly kind: ErrorKind;
}

/** The failures of the last minute that this worker has seen. */
export class FailureMarks {
  readonly #marks = new Map<string, readonly FailureMark[]>();

  add(id: string, kind: ErrorKind, nowMs: number): void {
    for (const [known, marks] of this.#marks) {
      const recent = marks.filter(({ atMs }) => atMs > nowMs - COOLDOWN_DEFAULTS.windowMs);
      // Callers name the models of a wildcard: what is over must not pile up.
      if (recent.length === 0) this.#marks.delete(known);
      else this.#marks.set(known, recent);
    }
    this.#marks.set(id, [...(this.#marks.get(id) ?? []), { atMs: nowMs, kind }]);
  }

  /** How many of each kind. */
  of(id: string, nowMs: number): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { atMs, kind } of this.#marks.get(id) ?? []) {
      if (atMs > nowMs - COOLDOWN_DEFAULTS.windowMs) counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  }
}
