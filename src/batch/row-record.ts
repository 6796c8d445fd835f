import type { CallFailure, CallResult } from '../core/call/call-types.js';
import { isErrorKind, type ErrorKind } from '../core/errors/error-kinds.js';
import type { Tokens } from '../core/errors/failure-facts.js';
import { EMPTY_LEDGER, totalTokens, type Ledger } from '../core/ledger/ledger.js';
import type { GroupProgress } from '../core/retries/progress.js';
import type { BatchRow } from './batch-row.js';
import { answeredLine, failedLine, type LineContext, type RowName } from './output-lines.js';

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
  /** Failed attempts per error kind, those of rows that were answered in the end included. */
  readonly failures?: Readonly<Record<string, number>>;
  /** When its first attempt began, ms since the epoch. */
  readonly startedAtMs?: number;
  /** From the begin of its first attempt to the end of its last. */
  readonly durationMs?: number;
}

/** What is written of a row: the facts, and the line for the output as it will stand there. */
export interface RowRecord {
  readonly facts: RowFacts;
  /** JSON. Of an `attempted` row: the `GroupProgress` of its first attempt, or null. */
  readonly line: string;
}

/** What a record needs to know beside how the call ended. */
export interface RecordContext extends LineContext {
  readonly round: number;
}

export function answeredRecord(
  row: Pick<BatchRow, 'row' | 'customId'>,
  result: CallResult,
  context: RecordContext,
): RowRecord {
  const { ledger, group, attempts, retries, fallbacks, tokens } = result.report;
  return {
    facts: {
      row: row.row,
      state: 'answered',
      round: context.round,
      tokens,
      group,
      attempts,
      retries,
      fallbacks,
      ...ledgerFacts(ledger),
    },
    line: answeredLine(row, result, context),
  };
}

export function failedRecord(row: RowName, failure: CallFailure, context: RecordContext): RowRecord {
  const { kind, report } = failure;
  const { attempts, retries, fallbacks, tokens } = report ?? NOT_STARTED;
  return {
    facts: {
      row: row.row,
      state: 'failed',
      round: context.round,
      tokens,
      ...(report === null ? {} : { group: report.group }),
      kind,
      attempts,
      retries,
      fallbacks,
      ...ledgerFacts(report?.ledger ?? EMPTY_LEDGER),
    },
    line: failedLine(row, failure, context),
  };
}

/** @param progress - null: no attempt was made, and the row is for a call of its own */
export function attemptedRecord(
  { row }: Pick<BatchRow, 'row'>,
  progress: GroupProgress | null,
  { round }: Pick<RecordContext, 'round'>,
): RowRecord {
  const facts = { row, state: 'attempted', round } as const;
  if (progress === null) return { facts: { ...facts, ...NOT_STARTED }, line: 'null' };
  const { ledger, group, attempts } = progress;
  const tokens = totalTokens(ledger);
  // The retry that the progress has was decided on, and is not made yet.
  const made = { attempts, retries: 0, fallbacks: 0 };
  return { facts: { ...facts, tokens, group, ...made, ...ledgerFacts(ledger) }, line: JSON.stringify(progress) };
}

const NOT_STARTED = {
  attempts: 0,
  retries: 0,
  fallbacks: 0,
  tokens: { prompt: 0, completion: 0, total: 0 },
} as const;

function ledgerFacts(ledger: Ledger): Pick<RowFacts, 'failures' | 'startedAtMs' | 'durationMs'> {
  const failures = failuresIn(ledger);
  const made = ledger.entries.filter(({ outcome }) => outcome !== 'note');
  const [first, last] = [made[0], made.at(-1)];
  const some = Object.keys(failures).length === 0 ? {} : { failures };
  if (first === undefined || last === undefined) return some;
  const startedAtMs = Date.parse(first.startedAt);
  return { ...some, startedAtMs, durationMs: Date.parse(last.startedAt) + (last.durationMs ?? 0) - startedAtMs };
}

function failuresIn({ entries, folded }: Ledger): Record<string, number> {
  // What was folded is counted by kind, or by outcome where there was none.
  const failures = Object.fromEntries(Object.entries(folded?.kinds ?? {}).filter(([name]) => isErrorKind(name)));
  for (const { kind, outcome } of entries) {
    if (kind !== undefined && outcome === 'failed') failures[kind] = (failures[kind] ?? 0) + 1;
  }
  return failures;
}
