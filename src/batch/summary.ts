import type { Tokens } from '../core/errors/failure-facts.js';
import { addTokens } from '../core/ledger/ledger.js';
import { isoTime } from '../core/common/iso-time.js';
import { Durations, type DurationSummary } from './durations.js';
import type { RowFacts } from './row-record.js';

/** `summary.json`. */
export interface BatchSummary {
  readonly rows: number;
  readonly answered: number;
  readonly failed: number;
  /** Rows that have no end: the batch was cancelled, or is still running. */
  readonly notRun: number;
  /** Failed rows per error kind. */
  readonly errors: Readonly<Record<string, number>>;
  /** Failed attempts per error kind, those of rows that were answered in the end, and of earlier rounds, included. */
  readonly failedAttempts: Readonly<Record<string, number>>;
  /** Of all rounds, as are `retries` and `fallbacks`. */
  readonly attempts: number;
  readonly retries: number;
  readonly fallbacks: number;
  /** Of all attempts, as far as the provider told. */
  readonly tokens: Tokens;
  /** Of the rows that ended; null without any. */
  readonly durationsMs: DurationSummary | null;
  /** Answered rows per model group that served them. */
  readonly groups: Readonly<Record<string, number>>;
  /** When the first attempt began, ISO 8601; null before any. */
  readonly startedAt: string | null;
  /** When the last attempt ended. */
  readonly endedAt: string | null;
}

/** Counts what became of the rows. */
export class SummaryBuilder {
  private readonly durations = new Durations();
  private readonly counts = { answered: 0, failed: 0, attempts: 0, retries: 0, fallbacks: 0 };
  private readonly errors = new Map<string, number>();
  private readonly failedAttempts = new Map<string, number>();
  private readonly groups = new Map<string, number>();
  private tokens: Tokens = { prompt: 0, completion: 0, total: 0 };
  private startedAtMs = Infinity;
  private endedAtMs = -Infinity;

  /** @param facts of the record that counts for a row */
  addRow({ state, kind, group, startedAtMs, durationMs = 0 }: RowFacts): void {
    if (state === 'attempted') return;
    this.counts[state] += 1;
    if (state === 'failed' && kind !== undefined) add(this.errors, kind, 1);
    if (state === 'answered' && group !== undefined) add(this.groups, group, 1);
    if (startedAtMs !== undefined) this.durations.add(durationMs);
  }

  /** @param facts of the record that counts for a row in a round: what failed in earlier ones was paid for, too */
  addWork(facts: RowFacts): void {
    const { startedAtMs, durationMs = 0 } = facts;
    for (const [name, count] of Object.entries(facts.failures ?? {})) add(this.failedAttempts, name, count);
    this.counts.attempts += facts.attempts;
    this.counts.retries += facts.retries;
    this.counts.fallbacks += facts.fallbacks;
    this.tokens = addTokens(this.tokens, facts.tokens);
    if (startedAtMs === undefined) return;
    this.startedAtMs = Math.min(this.startedAtMs, startedAtMs);
    this.endedAtMs = Math.max(this.endedAtMs, startedAtMs + durationMs);
  }

  /** @param rows of the input */
  summary(rows: number): BatchSummary {
    const { answered, failed, attempts, retries, fallbacks } = this.counts;
    const wasRun = this.startedAtMs <= this.endedAtMs;
    return {
      rows,
      answered,
      failed,
      notRun: rows - answered - failed,
      errors: Object.fromEntries(this.errors),
      failedAttempts: Object.fromEntries(this.failedAttempts),
      attempts,
      retries,
      fallbacks,
      tokens: this.tokens,
      durationsMs: this.durations.summary(),
      groups: Object.fromEntries(this.groups),
      startedAt: wasRun ? isoTime(this.startedAtMs) : null,
      endedAt: wasRun ? isoTime(this.endedAtMs) : null,
    };
  }
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}
