import type { Tokens } from '../core/failure-facts.js';

/** `summary.json`. */
export interface BatchSummary {
  readonly rows: number;
  readonly answered: number;
  readonly failed: number;
  /** Rows that have no end: the batch was cancelled, or is still running. */
  readonly notRun: number;
  /** Failed rows per error kind. */
  readonly errors: Readonly<Record<string, number>>;
  /** Failed attempts per error kind, those of rows that were answered in the end included. */
  readonly failedAttempts: Readonly<Record<string, number>>;
  readonly attempts: number;
  readonly retries: number;
  readonly fallbacks: number;
  /** Of all attempts, as far as the provider told. */
  readonly tokens: Tokens;
  /** From the begin of a row's first attempt to the end of its last; null without rows that ended. Percentiles are within 1 %. */
  readonly durationsMs: {
    readonly min: number;
    readonly mean: number;
    readonly p50: number;
    readonly p95: number;
    readonly max: number;
  } | null;
  /** Answered rows per model group that served them. */
  readonly groups: Readonly<Record<string, number>>;
  /** When the first attempt began, ISO 8601; null before any. */
  readonly startedAt: string | null;
  /** When the last attempt ended. */
  readonly endedAt: string | null;
}
