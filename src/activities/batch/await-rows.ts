import { Context } from '@temporalio/activity';
import { WorkflowFailedError, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import type { Clock } from '../../clock.js';
import { answeredRow, unansweredRow } from '../../core/batch/batch-row-end.js';
import { rowCallId, type CallEnd, type RowEnd, type RowPlace } from '../../core/batch/batch.js';
import type { CallResult } from '../../core/call/call-types.js';
import { awaitResult } from '../../temporal/await-result.js';
import { startHeartbeats } from '../heartbeat.js';

/** Input of the activity `awaitRows`. */
export interface AwaitRowsInput {
  readonly batchId: string;
  readonly rows: readonly RowPlace[];
}

/**
 * Rows that end shortly after the first one are told together with it. The others are asked for anew: of many, each would be
 * asked for once a second.
 */
const LEAST_GATHER_MS = 1_000;
const GATHER_MS_PER_ROW = 10;

/**
 * Makes the activity that waits until the call of at least one of these rows has ended. A batch whose history was continued
 * as new no longer has them for children.
 */
export function createAwaitRows(clock: Pick<Clock, 'every'>) {
  return async function awaitRows({ batchId, rows }: AwaitRowsInput): Promise<RowEnd[]> {
    const context = Context.current();
    const stopHeartbeats = startHeartbeats(clock, context, () => null);
    const gatherMs = Math.max(LEAST_GATHER_MS, rows.length * GATHER_MS_PER_ROW);
    const done = new AbortController();
    const ended: RowEnd[] = [];
    const endOf = async (place: RowPlace): Promise<void> => {
      ended.push({ ...place, ...(await readEnd(context.client.workflow.getHandle(rowCallId(batchId, place.row)))) });
    };
    try {
      await context.client.withAbortSignal(AbortSignal.any([done.signal, context.cancellationSignal]), async () => {
        const waits = rows.map(endOf);
        // Those still waiting when this returns are ended by the signal.
        for (const wait of waits) wait.catch(() => {});
        await Promise.any(waits);
        await Promise.race([Promise.allSettled(waits), context.sleep(gatherMs)]);
      });
      return [...ended];
    } catch (error) {
      throw context.cancellationSignal.aborted ? context.cancellationSignal.reason : error;
    } finally {
      done.abort();
      stopHeartbeats();
    }
  };
}

/** What a call says of its end. */
async function readEnd(call: WorkflowHandle): Promise<CallEnd> {
  try {
    return answeredRow(await awaitResult<CallResult>(call));
  } catch (error) {
    if (error instanceof WorkflowFailedError) return unansweredRow(error.cause);
    // Ended so long ago that Temporal has forgotten it, or never begun.
    if (error instanceof WorkflowNotFoundError) return { state: 'gone' };
    throw error;
  }
}
