import type { RowProblem } from '../../batch/index.js';
import type { BatchRecord } from './batch-record.js';
import type { BatchStanding, OpenAiBatchStatus } from './batch-standing.js';

interface BatchError {
  readonly code: string;
  readonly message: string;
  readonly param: null;
  /** One-based. */
  readonly line: number | null;
}

/** OpenAI's object for a batch. Times are in seconds since 1970. */
export interface BatchObject extends Omit<BatchRecord, 'cancelling_at'> {
  readonly object: 'batch';
  readonly status: OpenAiBatchStatus;
  readonly errors: { readonly object: 'list'; readonly data: readonly BatchError[] } | null;
  readonly output_file_id: string | null;
  readonly error_file_id: string | null;
  readonly in_progress_at: number | null;
  readonly finalizing_at: number | null;
  readonly completed_at: number | null;
  readonly failed_at: number | null;
  readonly expired_at: number | null;
  readonly cancelling_at: number | null;
  readonly cancelled_at: number | null;
  readonly request_counts: { readonly total: number; readonly completed: number; readonly failed: number };
}

interface BatchFacts {
  readonly standing: BatchStanding;
  /** Rows of the input that cannot be run. */
  readonly problems: readonly RowProblem[];
  readonly outputFileId: string | null;
  readonly errorFileId: string | null;
}

export function batchObject(
  record: BatchRecord,
  { standing, problems, outputFileId, errorFileId }: BatchFacts,
): BatchObject {
  const { status, total, answered, failed, startedAt, endedAt } = standing;
  const endedAs = (...ends: OpenAiBatchStatus[]) => (ends.includes(status) ? endedAt : null);
  return {
    object: 'batch',
    ...record,
    status,
    errors: status === 'failed' ? { object: 'list', data: errorsOf(record, standing, problems) } : null,
    output_file_id: outputFileId,
    error_file_id: errorFileId,
    in_progress_at: total > 0 ? startedAt : null,
    finalizing_at: endedAs('completed'),
    completed_at: endedAs('completed'),
    failed_at: endedAs('failed'),
    expired_at: endedAs('expired'),
    cancelled_at: endedAs('cancelled'),
    request_counts: { total, completed: answered, failed },
  };
}

/** A batch that has begun at this moment. */
export function justStarted(record: BatchRecord): BatchObject {
  const standing = { status: 'validating', total: 0, answered: 0, failed: 0 } as const;
  return batchObject(record, {
    standing: { ...standing, startedAt: null, endedAt: null, why: null },
    problems: [],
    outputFileId: null,
    errorFileId: null,
  });
}

function errorsOf(
  { input_file_id: input }: BatchRecord,
  { why }: BatchStanding,
  problems: readonly RowProblem[],
): BatchError[] {
  if (problems.length === 0) {
    const message = why ?? `the batch of ${input} failed`;
    return [{ code: 'batch_failed', message, param: null, line: null }];
  }
  return problems.map(({ line, problem }) => ({ code: 'invalid_request', message: problem, param: null, line }));
}
