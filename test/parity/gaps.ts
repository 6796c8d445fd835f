import type { Ledger } from '../../src/core/ledger/ledger.js';

/** The time between two upstream calls: on the clock, and as the ledger planned it. */
export interface Gap {
  readonly clockMs: number;
  /** Null between two requests, of which no ledger tells, and where the ledger is folded. */
  readonly planned: PlannedGap | null;
}

export interface PlannedGap {
  readonly waitMs: number;
  /** The wait and what the attempts before it took. */
  readonly leastMs: number;
}

/** What one request did. */
export interface AskedUpstream {
  /** When the upstream got each of its calls, ms since the epoch. */
  readonly calledAtMs: readonly number[];
  /** Models that the upstream was asked for in the whole case. */
  readonly models: ReadonlySet<string>;
  readonly ledger: Ledger;
}

/** The gaps between all upstream calls of requests that were made one after the other. */
export function gapsOf(requests: readonly AskedUpstream[]): Gap[] {
  const gaps: Gap[] = [];
  let last: number | null = null;
  for (const { calledAtMs, models, ledger } of requests) {
    const planned = plannedGaps(ledger, models);
    for (const [index, atMs] of calledAtMs.entries()) {
      if (last !== null) gaps.push({ clockMs: atMs - last, planned: planned[index - 1] ?? null });
      last = atMs;
    }
  }
  return gaps;
}

/** The waits that a ledger planned between attempts that reached the upstream. Attempts at a closed port did not. */
function plannedGaps({ entries, folded }: Ledger, models: ReadonlySet<string>): PlannedGap[] {
  if (folded !== undefined) return [];
  const gaps: PlannedGap[] = [];
  let isFirst = true;
  let waitMs = 0;
  let spentMs = 0;
  for (const { attempt, model, durationMs, next } of entries) {
    if (attempt !== undefined && model !== undefined && models.has(model)) {
      if (!isFirst) gaps.push({ waitMs, leastMs: waitMs + spentMs });
      isFirst = false;
      waitMs = 0;
      spentMs = 0;
    }
    waitMs += next?.waitMs ?? 0;
    spentMs += durationMs ?? 0;
  }
  return gaps;
}
