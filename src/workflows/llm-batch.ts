import type { BatchResult, LlmBatchInput } from '../core/batch.js';
import { BatchRun } from './batch-run.js';

/**
 * A batch: rows of a file, each run under the policy of a single call, and an output with each of them once. It can be
 * paused, resumed and cancelled; nothing of it lives in a process.
 * @throws ApplicationFailure of type `BadInput` when rows cannot be run; then none was
 */
export async function llmBatch(input: LlmBatchInput): Promise<BatchResult> {
  return new BatchRun(input).run();
}
