import type { BatchProgress } from './batch-progress.js';
import type { BatchSpec } from './batch.js';

/** Input of the workflow `llmBatch`. */
export interface LlmBatchInput {
  readonly spec: BatchSpec;
  /** Which time the batch is started, one-based: failures of earlier rounds are run again. */
  readonly round: number;
  /** Of the input in the rounds before: it must still be the same; null: any. */
  readonly expectedSha256: string | null;
  /** Where the batch stands, when its history is continued as new. */
  readonly progress?: BatchProgress;
}
