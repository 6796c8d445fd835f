import { hash } from 'node:crypto';
import { jsonLine } from '../core/common/json-line.js';
import type { CallFailure, CallReport, CallResult } from '../core/call/call-types.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import type { LedgerEntry } from '../core/ledger/ledger.js';
import type { BatchRow } from './batch-row.js';

/** What a line needs to know beside how the call ended. */
export interface LineContext {
  readonly batchId: string;
  /** The workflow id of the call, where the row had one of its own. */
  readonly call?: string | undefined;
}

/** What a row is called. */
export interface RowName extends Pick<BatchRow, 'row'> {
  /** Null where it could not be read. */
  readonly customId: string | null;
}

/** A line of `output.jsonl`: OpenAI's, and the call's report. */
export function answeredLine(row: RowName, { response, report }: CallResult, context: LineContext): string {
  return line(row, context, {
    response: { status_code: 200, request_id: lastAttempt(report)?.requestId ?? null, body: response },
    error: null,
    report,
  });
}

/** A line of `errors.jsonl`: OpenAI's, and the call's report. */
export function failedLine(row: RowName, failure: CallFailure, context: LineContext): string {
  const { kind, message, report } = failure;
  return line(row, context, {
    response: providerResponse(failure),
    error: { code: kind, message },
    report,
  });
}

interface LineContent {
  readonly response: {
    readonly status_code: number;
    readonly request_id: string | null;
    readonly body: unknown;
  } | null;
  readonly error: { readonly code: ErrorKind; readonly message: string } | null;
  readonly report: CallReport | null;
}

function line(
  { row, customId }: RowName,
  { batchId, call }: LineContext,
  { response, error, report }: LineContent,
): string {
  // The limits of the moment belong to an answer's headers; every row of a batch would repeat them.
  const { providerHeaders: _moment, ...kept } = report ?? {};
  return jsonLine({
    id: requestId(batchId, row),
    custom_id: customId,
    response,
    error,
    holdfast: { ...kept, ...(call === undefined ? {} : { call }) },
  });
}

const ID_LENGTH = 32;

/** The same for the same row, whoever writes its line. */
function requestId(batchId: string, row: number): string {
  return `batch_req_${hash('sha256', `${batchId}/${row}`, 'hex').slice(0, ID_LENGTH)}`;
}

/** Kinds of failures that come, or may come, without an answer of the provider's that tells of an error. */
const NOT_ANSWERED: ReadonlySet<ErrorKind> = new Set([
  'Timeout',
  'APIConnectionError',
  'InvalidResponseError',
  'JSONSchemaValidationError',
  'ResponseTooLargeError',
]);

/** What the provider answered last; null when the call ended without such an answer. */
function providerResponse({ kind, status, message, report }: CallFailure): LineContent['response'] {
  const last = lastAttempt(report);
  if (last?.kind !== kind || NOT_ANSWERED.has(kind)) return null;
  const error = { message, type: kind, param: null, code: null };
  return { status_code: last.status ?? status, request_id: last.requestId ?? null, body: { error } };
}

function lastAttempt(report: CallReport | null): LedgerEntry | undefined {
  return report?.ledger.entries.findLast(({ outcome }) => outcome !== 'note');
}
