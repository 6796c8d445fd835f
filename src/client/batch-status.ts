import { WorkflowFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { addTokens } from '../core/ledger/ledger.js';
import { STATUS, type BatchState, type BatchStatus, type ChunkProgress } from '../core/batch/batch.js';
import { askWorkflow } from '../temporal/ask-workflow.js';
import { chunkProgress } from '../temporal/pending-progress.js';

/** How a workflow's end reads for a batch. A completed one tells by itself whether rows failed. */
const ENDS: Readonly<Record<string, BatchState>> = {
  CANCELLED: 'cancelled',
  FAILED: 'failed',
  TERMINATED: 'failed',
  TIMED_OUT: 'failed',
};

export function isOver(state: BatchState): boolean {
  return ['completed', 'completed with errors', 'cancelled', 'failed'].includes(state);
}

/** Asks the batch where it stands, and the heartbeats of its chunks for what it does not know yet. Needs a worker. */
export async function batchStatus(client: Client, batchId: string): Promise<BatchStatus> {
  const handle = client.workflow.getHandle(batchId);
  const status = await askWorkflow<BatchStatus>(handle, STATUS);
  const description = await handle.describe();
  const end = ENDS[description.status.name];
  if (end === 'cancelled') return { ...status, state: end, reason: null };
  if (end !== undefined) return { ...status, state: end, reason: await whyItEnded(handle) };
  return (await chunkProgress(client, description)).reduce(withChunk, status);
}

async function whyItEnded(handle: WorkflowHandle): Promise<string | null> {
  try {
    await handle.result();
    return null;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return error.cause?.message ?? error.message;
  }
}

/** Replaces what the batch knew of a running chunk by what the chunk told. */
function withChunk(status: BatchStatus, progress: ChunkProgress): BatchStatus {
  const known = status.chunks.find(({ chunk }) => chunk === progress.chunk);
  // It has ended since.
  if (known === undefined) return status;
  const { counts } = status;
  const more = (now: number, before: number) => Math.max(0, now - before);
  const tokens = more(progress.tokens, known.counts.tokens.total);
  return {
    ...status,
    counts: {
      ...counts,
      answered: counts.answered + more(progress.answered, known.counts.answered),
      tokens: addTokens(counts.tokens, { prompt: 0, completion: 0, total: tokens }),
    },
    retrying: (status.retrying ?? 0) + progress.attempted,
  };
}
