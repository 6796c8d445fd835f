import type { Operation } from '../common/operations.js';
import type { RowSource } from '../call/row-source.js';
import type { CallPlan } from '../plan/call-plan.js';
import type { GroupProgress } from '../retries/progress.js';

/** Input of the workflow `llmCall` for a row of a batch, which its workers read from the file. */
export interface RowCallInput extends RowSource {
  /** The first attempt, made together with those of other rows; null: none was made. */
  readonly first: GroupProgress | null;
}

/** A row of a batch, ready to be run as a call: its text stays in the file. */
export interface ResolvedRow {
  readonly operation: Operation;
  /** The request in a line, for people. */
  readonly line: string;
  readonly plan: CallPlan;
}
