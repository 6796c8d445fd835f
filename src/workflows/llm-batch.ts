import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { BATCH_EXPIRED, type BatchResult, type LlmBatchInput } from '../core/batch/batch.js';
import { BatchRun } from './batch/batch-run.js';

/**
 * A batch: rows of a file, each run under the policy of a single call, and an output with each of them once. It can be
 * paused, resumed and cancelled; nothing of it lives in a process.
 * @throws ApplicationFailure of type `BadInput` when rows cannot be run; then none was
 * @throws ApplicationFailure of type `BatchExpired` when its time is over; the output has what was done until then
 */
export async function llmBatch(input: LlmBatchInput): Promise<BatchResult> {
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
