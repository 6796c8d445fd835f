import type { Operation } from '../common/operations.js';
import type { RecordPlace, RowSource } from '../call/row-source.js';
import type { CallPlan } from '../plan/call-plan.js';
import type { GroupProgress } from '../retries/progress.js';

/** Input of the workflow `llmCall` for a row of a batch, which its workers read from the file. */
export interface RowCallInput extends RowSource {
  /** Where the first attempt is written, made together with those of other rows; null: none was made. */
  readonly attempt?: RecordPlace | null;
  /** The attempt itself: in inputs of 0.1.0. */
  readonly first?: GroupProgress | null;
}

/** A row of a batch, ready to be run as a call: its text stays in the file. */
export interface ResolvedRow {
  readonly operation: Operation;
  /** The request in a line, for people. */
  readonly line: string;
  readonly plan: CallPlan;
  /** The first attempt, where it was written. */
  readonly first?: GroupProgress;
}
