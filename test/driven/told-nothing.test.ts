import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { CallHandle } from '../../src/client/call-handle.js';
import { FirstTaskAnswers } from '../../src/driven/first-task-answers.js';
import { withClient } from '../helpers/call-history.js';
import { waitFor } from '../helpers/wait-for.js';
import {
  ask,
  asked,
  callIdOf,
  callOf,
  ledgerOf,
  openDriving,
  SOON_MS,
  type DrivingGateway,
} from './driving-gateway.js';

const WHO = { by: 'anna@desk', why: 'enough' };

/** First activities of calls go where no worker takes them. */
function withoutWorkers(): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
  const { schedule } = FirstTaskAnswers.prototype;
  const stub = vi.spyOn(FirstTaskAnswers.prototype, 'schedule');
  onTestFinished(() => stub.mockRestore());
  const taskQueue = `nobody-${randomUUID()}`;
  stub.mockImplementation(function (this: FirstTaskAnswers, task, activity) {
    return schedule.call(this, task, { ...activity, taskQueue, eager: false });
  });
}

/** A call whose first attempt has come to its end, or was stopped, and whose activity no worker takes. */
async function begun(gateway: DrivingGateway, model: string): Promise<CallHandle> {
  const answer = ask(gateway, model, { headers: { 'x-holdfast-on-disconnect': 'detach' } });
  onTestFinished(async () => void (await answer.catch(() => undefined)));
  const callId = await waitFor(() => callOf(gateway, model));
  const handle = gateway.client.handle(callId);
  await waitFor(async () => (await handle.describe()).pending);
  return handle;
}

const fail = (handle: CallHandle) => handle.act('fail', WHO);
const cancel = (handle: CallHandle) => handle.cancel();
const completeByHand = ({ callId }: CallHandle, group: string) =>
  withClient((client) => client.activity.complete({ workflowId: callId, activityId: group }, 'done'));

test('who looks at a call whose activity has told nothing sees the attempt that was made before', async () => {
  const gateway = await openDriving();
  withoutWorkers();
  const handle = await begun(gateway, 'fails-once');
  expect(await ledgerOf(gateway, handle.callId)).toEqual(['failed InternalServerError']);
  await fail(handle);
});

test.each([
  ['failed by hand', fail],
  ['cancelled', cancel],
  ['ended by its activity, which somebody completed', completeByHand],
])('a call is %s before its activity has told anything: its ledger has the attempt before', async (_how, end) => {
  const gateway = await openDriving();
  withoutWorkers();
  const handle = await begun(gateway, 'fails-once');
  await end(handle, 'fails-once');
  await waitFor(async () => (await handle.describe()).state !== 'running');
  const [first] = await ledgerOf(gateway, handle.callId);
  expect(first).toBe('failed InternalServerError');
  expect(asked(gateway, 'fails-once')).toBe(1);
});

test('a call whose time is over before a worker takes its activity: its ledger has the attempt before', async () => {
  const gateway = await openDriving();
  withoutWorkers();
  const callId = callIdOf(await ask(gateway, 'fails-once', { timeout: 4 }));
  await expect(gateway.client.handle(callId).result()).rejects.toMatchObject({
    kind: 'Timeout',
    report: { attempts: 1 },
  });
  expect(await ledgerOf(gateway, callId)).toEqual(['failed InternalServerError']);
});

test('an attempt that was to go on in an activity that nobody took is lost', async () => {
  const gateway = await openDriving({ holdMs: SOON_MS });
  withoutWorkers();
  const handle = await begun(gateway, 'hanging');
  await fail(handle);
  await expect(handle.result()).rejects.toMatchObject({ kind: 'InternalServerError', report: { attempts: 1 } });
  const [first] = await ledgerOf(gateway, handle.callId);
  expect(first).toBe('lost');
});

test('the next activity of the call goes on from the attempt before: its budget is used up', async () => {
  const gateway = await openDriving();
  withoutWorkers();
  const handle = await begun(gateway, 'fails-then-fails');
  await handle.act('replan', WHO);
  await expect(handle.result()).rejects.toMatchObject({
    kind: 'InternalServerError',
    report: { attempts: 2, retries: 1 },
  });
  expect(asked(gateway, 'fails-then-fails')).toBe(2);
});
