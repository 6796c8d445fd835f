import type { BatchStatus } from '../../core/batch/batch.js';

/** What webhooks are told of a batch. */
export function toldBatch({ batchId, state, reason, rows, counts }: BatchStatus): Readonly<Record<string, unknown>> {
  const { answered, failed } = counts;
  return {
    batchId,
    state,
    reason,
    rows,
    answered,
    failed,
    links: { batch: `/v1/batches/${encodeURIComponent(batchId)}` },
  };
}
