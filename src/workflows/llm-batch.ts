import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { ContinueAsNew, setWorkflowOptions } from '@temporalio/workflow';
import { BATCH_BROKEN, type BatchResult } from '../core/batch/batch.js';
import type { LlmBatchInput } from '../core/batch/llm-batch-input.js';
import { redactedMessage } from '../core/common/redact.js';
import { BatchDriver } from './batch/batch-driver.js';
import { mustBeBatch } from './batch/batch-input.js';

/**
 * A batch: rows of a file, each run under the policy of a single call, and an output with each of them once. It can be
 * paused, resumed and cancelled; nothing of it lives in a process.
 * @throws ApplicationFailure of type `BadInput` when rows cannot be run; then none was
 * @throws ApplicationFailure of type `BatchExpired` when its time is over; the output has what was done until then
 * @throws ApplicationFailure of type `BatchBroken` when it cannot go on for something in itself; what was written stays
 */
export async function llmBatch(input: LlmBatchInput): Promise<BatchResult> {
  mustBeBatch(input);
  try {
    return await new BatchDriver(input).run();
  } catch (error) {
    if (error instanceof TemporalFailure || error instanceof ContinueAsNew) throw error;
    throw broken(error);
  }
}

// What goes wrong in a task of it would go wrong in each try of that, for ever: the batch ends with it.
setWorkflowOptions({ failureExceptionTypes: [Error] }, llmBatch);

/** What goes wrong here would go wrong for ever. */
function broken(error: unknown): ApplicationFailure {
  const why = redactedMessage(String(error));
  const message = `the workflow of the batch cannot go on: ${why}. Rows that have an answer keep it; retry-failed runs the others`;
  return ApplicationFailure.create({ type: BATCH_BROKEN, message, nonRetryable: true });
}
