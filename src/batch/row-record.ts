import type { CallFailure, CallResult } from '../core/call-types.js';
import type { ErrorKind } from '../core/error-kinds.js';
import type { Tokens } from '../core/failure-facts.js';
import type { GroupProgress } from '../core/progress.js';
import type { BatchRow } from './batch-row.js';

/** `attempted`: the first attempt failed, and the row goes on as a call of its own. */
export type RowState = 'answered' | 'failed' | 'attempted';

/** What is known of a row's end without reading its line. Fields that do not apply are left out, to be short. */
export interface RowFacts {
  /** Zero-based. */
  readonly row: number;
  readonly state: RowState;
  /** Which time the batch was started, one-based: failures of earlier rounds are run again. */
  readonly round: number;
  readonly tokens: Tokens;
  /** The group that answered, or gave up last. */
  readonly group?: string;
  /** Of the failure. */
  readonly kind?: ErrorKind;
  readonly attempts: number;
  readonly retries: number;
  readonly fallbacks: number;
  /** Failed attempts per kind, those after which the row was answered included. */
  readonly failures?: Readonly<Record<string, number>>;
  /** When its first attempt began, ms since the epoch. */
  readonly startedAtMs?: number;
  /** From the begin of its first attempt to the end of its last. */
  readonly durationMs?: number;
}

/** What is written of a row: the facts, and the line for the output as it will stand there. */
export interface RowRecord {
  readonly facts: RowFacts;
  /** JSON. Of an `attempted` row: the `GroupProgress` of its first attempt. */
  readonly line: string;
}

/** What a record needs to know beside how the call ended. */
export interface RecordContext {
  readonly batchId: string;
  readonly round: number;
  /** The workflow id of the call, where the row had one of its own. */
  readonly call?: string | undefined;
}

export function answeredRecord(
  _row: Pick<BatchRow, 'row' | 'customId'>,
  _result: CallResult,
  _context: RecordContext,
): RowRecord {
  throw new Error('not built yet');
}

export function failedRecord(
  _row: Pick<BatchRow, 'row' | 'customId'>,
  _failure: CallFailure,
  _context: RecordContext,
): RowRecord {
  throw new Error('not built yet');
}

export function attemptedRecord(
  _row: Pick<BatchRow, 'row'>,
  _progress: GroupProgress,
  _context: RecordContext,
): RowRecord {
  throw new Error('not built yet');
}
