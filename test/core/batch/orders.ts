import type { BatchOrder } from '../../../src/core/batch/batch-receive.js';
import type { BatchSpec } from '../../../src/core/batch/batch.js';

/** What a batch is asked for, where a test does not say otherwise. */
export function order(spec: Partial<BatchSpec> = {}, expectedSha256: string | null = null): BatchOrder {
  return {
    expectedSha256,
    keepsGrants: true,
    spec: {
      input: 'file:///in.jsonl',
      output: 'file:///out',
      mode: 'packed',
      concurrency: 4,
      chunkRows: 10,
      priority: 4,
      settings: {},
      groupConcurrency: {},
      maxTokensTotal: null,
      ...spec,
    },
  };
}
