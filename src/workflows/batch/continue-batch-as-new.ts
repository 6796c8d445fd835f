import { makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import { MEMO_STARTED, type BatchResult } from '../../core/batch/batch.js';
import type { LlmBatchInput } from '../../core/batch/llm-batch-input.js';

type LlmBatch = (input: LlmBatchInput) => Promise<BatchResult>;

/** Ends the history of a batch, which goes on in a new one. */
export function continueBatchAsNew(input: LlmBatchInput, startedMs: number): Promise<never> {
  const { memo, typedSearchAttributes } = workflowInfo();
  // By itself a new history has what the one before began with, and nothing of what was set since.
  const options = { memo: { ...memo, [MEMO_STARTED]: startedMs }, typedSearchAttributes };
  return makeContinueAsNewFunc<LlmBatch>(options)(input);
}
