import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import type { Clock } from '../../clock.js';
import { Turns } from '../../core/common/turns.js';
import { rowCallId } from '../../core/batch/batch.js';
import { startHeartbeats } from '../heartbeat.js';
import type { AwaitRowsInput } from './await-rows.js';

/** So many calls are asked at once. */
const AT_ONCE = 20;

/** So long the calls have to come to their end: what they have to write is written by then. */
const PATIENCE_MS = 15_000;
const PAUSE_MS = 500;

/** Makes the activity that cancels the calls of rows, and waits until they have ended, or for as long as one is patient. */
export function createStopRows(clock: Clock) {
  return async function stopRows({ batchId, rows }: AwaitRowsInput): Promise<void> {
    const context = Context.current();
    const stopHeartbeats = startHeartbeats(clock, context, () => null);
    const giveUpMs = clock.now() + PATIENCE_MS;
    try {
      const calls = rows.map(({ row }) => context.client.workflow.getHandle(rowCallId(batchId, row)));
      await each(calls, (call) => call.cancel());
      for (let left = calls; left.length > 0 && clock.now() < giveUpMs;) {
        const running = new Set<WorkflowHandle>();
        await each(left, async (call) => {
          if ((await call.describe()).status.name === 'RUNNING') running.add(call);
        });
        left = [...running];
        if (left.length > 0) await context.sleep(PAUSE_MS);
      }
    } finally {
      stopHeartbeats();
    }
  };
}

/** Asks some at a time. Those that have ended are as they are to be. */
async function each(calls: readonly WorkflowHandle[], ask: (call: WorkflowHandle) => Promise<unknown>): Promise<void> {
  const turns = new Turns(AT_ONCE);
  const askOne = (call: WorkflowHandle) =>
    ask(call).catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
  await Promise.all(calls.map((call) => turns.take(() => askOne(call))));
}
