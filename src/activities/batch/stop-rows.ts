import { Context } from '@temporalio/activity';
import { WorkflowFailedError, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import type { Clock } from '../../clock.js';
import { Turns } from '../../core/common/turns.js';
import { rowCallId, type RowPlace } from '../../core/batch/batch.js';
import { isIdleUntil, pendingGroupActivity } from '../../temporal/pending-progress.js';
import { startHeartbeats } from '../heartbeat.js';
import type { AwaitRowsInput } from './await-rows.js';

/** Input of the activity `stopRows`. */
export interface StopRowsInput extends AwaitRowsInput {
  /** Those of the rows whose calls do not tell the batch by themselves that they have ended: they are waited for. */
  readonly found: readonly RowPlace[];
}

/** So many calls are asked at once. */
const AT_ONCE = 20;

/** So long calls have to come to their end: what they have to write is written by then. */
const PATIENCE_MS = 15_000;

/** A call that waits is terminated sooner than this after it was asked what it does, whatever the load and the clocks. */
const TERMINATED_WITHIN_MS = 5_000;

/** Makes the activity that ends the calls of rows, and waits for some of them to end, or for as long as one is patient. */
export function createStopRows(clock: Pick<Clock, 'every' | 'now' | 'sleep'>) {
  return async function stopRows({ batchId, rows, found }: StopRowsInput): Promise<void> {
    const context = Context.current();
    const stopHeartbeats = startHeartbeats(clock, context, () => null);
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, context.cancellationSignal]);
    try {
      const callOf = ({ row }: RowPlace) => context.client.workflow.getHandle(rowCallId(batchId, row));
      const why = `batch ${batchId} stops`;
      const told = new Set<number>();
      await each(rows, async (place) => {
        if ((await stop(callOf(place), why, clock.now())) === 'cancelled') told.add(place.row);
      });
      await context.client.withAbortSignal(signal, async () => {
        const ending = found.filter(({ row }) => told.has(row));
        const ends = each(ending, (place) => awaitEnd(callOf(place)));
        // Those that are still waited for when this returns are let go by the signal.
        ends.catch(() => {});
        await Promise.race([ends, clock.sleep(PATIENCE_MS, { signal })]);
      });
    } finally {
      done.abort();
      stopHeartbeats();
    }
  };
}

/**
 * A call that only waits has nothing to write and no request whose end is waited for: it is terminated, which is no work for
 * its workflow, and less of it for the server. Any other is cancelled, and comes to its end.
 */
async function stop(call: WorkflowHandle, why: string, nowMs: number): Promise<'terminated' | 'cancelled'> {
  const activity = pendingGroupActivity(await call.describe());
  if (activity !== undefined && isIdleUntil(activity, nowMs + TERMINATED_WITHIN_MS)) {
    await call.terminate(why);
    return 'terminated';
  }
  await call.cancel();
  return 'cancelled';
}

/** The server answers when the call has ended, however that was: it is not asked again and again. */
async function awaitEnd(call: WorkflowHandle): Promise<void> {
  await call.result().catch((error: unknown) => {
    if (!(error instanceof WorkflowFailedError)) throw error;
  });
}

/** Asks some at a time. Those that have ended are as they are to be. */
async function each(rows: readonly RowPlace[], ask: (row: RowPlace) => Promise<void>): Promise<void> {
  const turns = new Turns(AT_ONCE);
  const askOne = (row: RowPlace) =>
    ask(row).catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
  await Promise.all(rows.map((row) => turns.take(() => askOne(row))));
}
