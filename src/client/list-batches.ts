import type { Client } from '@temporalio/client';
import { hasSpec, listedBatch, type ListedBatch, type ListedEntry } from './listed-batch.js';

/** The history of a batch may have been continued as new: its last one counts. */
const QUERY = 'WorkflowType = "llmBatch" AND ExecutionStatus != "ContinuedAsNew"';

/** Batches, newest first. */
export function listBatches(client: Client, limit: number): Promise<ListedBatch[]> {
  return newestBatches(client.workflow.list({ query: QUERY }), limit);
}

/**
 * Temporal lists those that run before all others, and these by their end, last first: once an end lies before the begin of
 * all that were found, no newer one can follow.
 */
export async function newestBatches(entries: AsyncIterable<ListedEntry>, limit: number): Promise<ListedBatch[]> {
  // One that was started several times has an entry for each, the last one first.
  const seen = new Set<string>();
  let newest: ListedBatch[] = [];
  for await (const entry of entries) {
    const oldest = newest[limit - 1];
    if (oldest !== undefined && entry.closeTime !== undefined && entry.closeTime < oldest.startedAt) break;
    if (seen.has(entry.workflowId) || !hasSpec(entry)) continue;
    seen.add(entry.workflowId);
    newest = [...newest, listedBatch(entry)].toSorted(byBegin).slice(0, limit);
  }
  return newest;
}

function byBegin(a: ListedBatch, b: ListedBatch): number {
  return b.startedAt.getTime() - a.startedAt.getTime();
}
