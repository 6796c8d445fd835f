import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { CancellationScope, ContinueAsNew, isCancellation, setWorkflowOptions } from '@temporalio/workflow';
import { BATCH_BROKEN, BATCH_EXPIRED, type BatchResult, type LlmBatchInput } from '../core/batch/batch.js';
import { redactedMessage } from '../core/common/redact.js';
import { mustBeBatch } from './batch/batch-input.js';
import { BatchRun } from './batch/batch-run.js';

/**
 * A batch: rows of a file, each run under the policy of a single call, and an output with each of them once. It can be
 * paused, resumed and cancelled; nothing of it lives in a process.
 * @throws ApplicationFailure of type `BadInput` when rows cannot be run; then none was
 * @throws ApplicationFailure of type `BatchExpired` when its time is over; the output has what was done until then
 * @throws ApplicationFailure of type `BatchBroken` when the workflow itself cannot go on; what was written stays
 */
export async function llmBatch(input: LlmBatchInput): Promise<BatchResult> {
  mustBeBatch(input);
  try {
    return await inTime(input);
  } catch (error) {
    if (error instanceof TemporalFailure || error instanceof ContinueAsNew) throw error;
    throw broken(error);
  }
}

// What goes wrong in a task of it would go wrong in each try of that, for ever: the batch ends with it.
setWorkflowOptions({ failureExceptionTypes: [Error] }, llmBatch);

async function inTime(input: LlmBatchInput): Promise<BatchResult> {
  const { expiresMs } = input.spec;
  if (expiresMs === undefined) return new BatchRun(input).run();
  const root = CancellationScope.current();
  try {
    const leftMs = Math.max(1, expiresMs - Date.now());
    return await CancellationScope.withTimeout(leftMs, () => new BatchRun(input).run());
  } catch (error) {
    if (!isCancellation(error) || root.consideredCancelled) throw error;
    const message = `the batch was stopped when its time was over, at ${new Date(expiresMs).toISOString()}`;
    throw ApplicationFailure.create({ type: BATCH_EXPIRED, message, nonRetryable: true });
  }
}

/** What goes wrong here would go wrong for ever. */
function broken(error: unknown): ApplicationFailure {
  const why = redactedMessage(String(error));
  const message = `the workflow of the batch cannot go on: ${why}. Rows that have an answer keep it; retry-failed runs the others`;
  return ApplicationFailure.create({ type: BATCH_BROKEN, message, nonRetryable: true });
}
