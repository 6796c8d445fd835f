import type { CallHandle, ChatCompletionRequest } from '../../src/client.js';
import type { ActionInput, CallAction } from '../../src/core/call/call-actions.js';
import type { TestHoldfast } from '../helpers/holdfast.js';
import { withClient } from '../helpers/call-history.js';
import { waitFor } from '../helpers/wait-for.js';

/** It waits for an hour after its first attempt. */
const WAITING: ChatCompletionRequest = {
  model: 'limited',
  messages: [{ role: 'user', content: 'Which bird is this?' }],
};

const isWaiting = (handle: CallHandle) =>
  waitFor(async () => (await handle.describe()).pending?.state === 'waiting', { what: 'the call to wait' });

type Act = (action: CallAction, more?: Partial<ActionInput>) => Promise<void>;

/** A call that waits, what is done to it, and its end. */
function shape(act: (act: Act, waits: () => Promise<unknown>) => Promise<void>) {
  return async ({ client }: TestHoldfast): Promise<string> => {
    const handle = await client.start(WAITING);
    const waits = () => isWaiting(handle);
    await waits();
    await act((action, more) => handle.act(action, { by: 'anna', why: 'an outage', ...more }), waits);
    await handle.result().catch(() => undefined);
    return handle.callId;
  };
}

/** The messages of a workflow, which nobody takes: they would be sent for days. */
export async function endDeliveries(workflowId: string, count: number): Promise<void> {
  await withClient(async ({ workflow }) => {
    const { runId } = await workflow.getHandle(workflowId).describe();
    for (let number = 1; number <= count; number += 1) {
      await workflow.getHandle(`webhook-evt_${runId}-${number}-ops`).terminate('the end of the test');
    }
  });
}

/** A call at the gate before its fallback, and its end. */
function gateShape(action: CallAction) {
  return async ({ client }: TestHoldfast): Promise<string> => {
    const handle = await client.start({ ...WAITING, model: 'asking' });
    const isGated = async () => (await handle.describe()).pending?.progress?.gate;
    await waitFor(isGated, { what: 'the call to come to its gate' });
    await handle.act(action, { by: 'anna', why: 'an outage' });
    await handle.result().catch(() => undefined);
    return handle.callId;
  };
}

const used = shape((act) => act('use', { group: 'good' }));

const replanned = shape(async (act, waits) => {
  await act('replan');
  await waits();
  await act('skip');
});

/** Calls that people act on. */
export const ACTION_SHAPES = {
  'action-retried': shape(async (act, waits) => {
    await act('extend', { retries: 1 });
    await act('retry-now');
    await waits();
    await act('fail');
  }),
  'action-used': used,
  'action-replanned': replanned,
  // Planned anew by the worker that has the workflow.
  'action-used-here': used,
  'action-replanned-here': replanned,
  'action-answered': shape(async (act) => {
    await act('pause');
    await act('resume');
    await act('answer', { response: { id: 'by-hand', choices: [] } });
  }),
  'action-cancelled': shape((act) => act('cancel')),
  // It waits until it is resumed: nothing is under way that could end the call later.
  'action-paused-cancelled': shape(async (act) => {
    await act('pause');
    await act('cancel');
  }),
  // It is woken before its time, and ends.
  'deferred-cancelled': async ({ client }: TestHoldfast): Promise<string> => {
    const handle = await client.start(WAITING, { startAfter: 3600 });
    await handle.cancel();
    await handle.result().catch(() => undefined);
    return handle.callId;
  },
  // It tells a webhook of its pause and of its end.
  'webhook-told': async ({ client }: TestHoldfast): Promise<string> => {
    const handle = await client.start(WAITING, { webhook: 'ops' });
    await isWaiting(handle);
    await handle.act('pause', { by: 'anna', why: 'an outage' });
    await handle.act('fail', { by: 'anna', why: 'an outage' });
    await handle.result().catch(() => undefined);
    await endDeliveries(handle.callId, 2);
    return handle.callId;
  },
  'gate-approved': gateShape('approve'),
  'gate-denied': gateShape('deny'),
  'gate-cancelled': gateShape('cancel'),
};
