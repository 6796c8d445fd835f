import type { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import type { Clock } from '../../clock.js';
import { CHUNK_TAIL, CHUNK_TROUBLE, IS_PAUSED, type ChunkTail, type ChunkTrouble } from '../../core/batch/batch.js';
import { askWorkflow } from '../../temporal/ask-workflow.js';

const TAIL_CHECK_MS = 1_000;

/** Whether the batch that an activity belongs to is paused: then what is in flight may come to its end. */
export function isBatchPaused(context: Context): Promise<boolean> {
  return askWorkflow(batchOf(context), IS_PAUSED);
}

/**
 * Tells the batch, once, when a chunk has begun its last row and most of its slots have been idle for a while: others
 * may use them. Returns what ends the watch.
 */
export function watchTail(
  clock: Pick<Clock, 'every'>,
  context: Context,
  chunk: number,
  idle: () => { inFlight: number } | null,
): () => void {
  const end = clock.every(TAIL_CHECK_MS, () => {
    const tail = idle();
    if (tail === null) return;
    end();
    const message: ChunkTail = { chunk, inFlight: tail.inFlight };
    // The batch learns it from the end of the chunk in any case.
    batchOf(context)
      .signal(CHUNK_TAIL, message)
      .catch(() => {});
  });
  return end;
}

/** Tells the batch that a chunk cannot write what it has in its hands, and waits; null: it could again. */
export function tellTrouble(context: Context, message: ChunkTrouble): void {
  // Who looks at the batch is told; the batch itself goes by how the chunk ends.
  batchOf(context)
    .signal(CHUNK_TROUBLE, message)
    .catch(() => {});
}

function batchOf(context: Context): WorkflowHandle {
  const { workflowExecution } = context.info;
  if (workflowExecution === undefined) throw new Error('a chunk runs for a batch only');
  return context.client.workflow.getHandle(workflowExecution.workflowId);
}
