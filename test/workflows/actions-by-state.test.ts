import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CallHandle } from '../../src/client.js';
import type { ActionInput, CallAction } from '../../src/core/call/call-actions.js';
import type { Script } from '../../src/mock-provider/index.js';
import { testRows, writeBatch } from '../helpers/batch.js';
import { eventNames } from '../helpers/call-history.js';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { BOARD_OF_WORKFLOW } from '../helpers/own-board.js';
import { waitFor } from '../helpers/wait-for.js';

// Calls that wait for a retry, have an attempt in flight, or are over: actions.test.ts; at a gate: gate.test.ts.

const CONFIG = {
  model_list: ['cools', 'held', 'limited', 'talks', 'spare'].flatMap((name) => group(name)),
  router_settings: { num_retries: 3, max_retry_delay: 3600, allowed_fails: 0, cooldown_time: 3600 },
};

const SCRIPT: Script = {
  'cools-up': '500',
  'held-up': 'ok',
  'limited-up': '429(retry-after=3600)',
  'talks-up': [{ sse: ['Hel'], then: 'reset', hold: true }],
  'spare-up': 'ok',
};

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, SCRIPT, BOARD_OF_WORKFLOW);
});
afterAll(() => holdfast.close());

const by = { by: 'anna@desk', why: 'an outage' };
const BY = 'by anna@desk: an outage; charged to no budget';

const act = (handle: CallHandle, action: CallAction, more: Partial<ActionInput> = {}) =>
  handle.act(action, { ...by, ...more });

const ask = (model: string) => ({
  model,
  messages: [{ role: 'user' as const, content: `Which bird? ${randomUUID()}` }],
  timeout: 100_000,
});

const nowOf = async (handle: CallHandle) => (await handle.describe()).pending?.progress?.now ?? '';

const saysThatIt = (handle: CallHandle, text: string) =>
  waitFor(async () => (await nowOf(handle)).includes(text), {
    what: `the call to say: ${text}`,
  });

async function refuses(handle: CallHandle, refused: readonly (readonly [CallAction, string, Partial<ActionInput>?])[]) {
  for (const [action, why, more] of refused) {
    await expect(act(handle, action, more)).rejects.toMatchObject({
      kind: 'ConflictError',
      message: expect.stringContaining(why),
    });
  }
}

test('a call that waits for a worker that knows its model takes none but cancel', async () => {
  const handle = await holdfast.client.start(ask('unknown-here'), { isKnownModel: true });
  const isAsked = async () => (await eventNames(handle.callId)).includes('ActivityTaskScheduled');
  await waitFor(isAsked, { what: 'another worker to be asked for the plan' });
  const why = 'the call is being planned, or makes its first attempt with that: until then it can only be cancelled';
  await refuses(handle, [
    ['skip', why],
    ['use', why, { group: 'spare' }],
  ]);
  await act(handle, 'cancel');
  await expect(handle.result()).rejects.toMatchObject({ kind: 'CancelledError' });
});

test('a call whose deployments cool down takes what a call that waits takes, and goes on elsewhere', async () => {
  const handle = await holdfast.client.start(ask('cools'));
  await saysThatIt(handle, 'cool');
  await refuses(handle, [
    ['resume', 'resume is not for a call that waits'],
    ['approve', 'approve is not for a call that waits'],
  ]);
  await act(handle, 'extend', { retries: 2 });
  await act(handle, 'use', { group: 'spare' });
  const { report } = await handle.result();
  expect(report).toMatchObject({ group: 'spare', attempts: 2 });
  expect(report.ledger.entries.map(({ message }) => message)).toEqual(
    expect.arrayContaining([`extend (2 more retries) ${BY}`, `use spare ${BY}`]),
  );
});

test('a call whose group is held goes on elsewhere, while the hold stays', async () => {
  await holdfast.client.hold('held', { by: 'ann', why: 'the bill' });
  // Until the worker has heard of the hold, the provider is asked.
  const handle = await waitFor(
    async () => {
      const call = await holdfast.client.start(ask('held'));
      const isHeld = async () => (await nowOf(call)).includes('held is held by ann');
      await waitFor(async () => (await isHeld()) || (await call.describe()).state !== 'running');
      return (await isHeld()) ? call : null;
    },
    { what: 'a call that is held' },
  );
  await act(handle, 'use', { group: 'spare' });
  expect((await handle.result()).report).toMatchObject({ group: 'spare' });
  expect((await holdfast.client.providers()).holds).toMatchObject([{ target: 'held' }]);
  await holdfast.client.release('held');
});

test('a row of a batch is failed by hand; no answer by hand goes to its files, and no group that it has no plan for', async () => {
  const files = await writeBatch(testRows(1, ['limited']));
  const batchId = `batch-${randomUUID()}`;
  const batch = await holdfast.client.batches.submit({ ...files, batchId, mode: 'workflow' });
  const rowOf = async () => {
    for await (const { callId } of holdfast.client.list({ batch: batchId, state: 'running' })) return callId;
    return null;
  };
  const callId = await waitFor(rowOf, { what: 'the call of the row in the list' });
  const handle = holdfast.client.handle(callId);
  await waitFor(async () => (await handle.describe()).pending?.state === 'waiting', { what: 'the row to wait' });
  await refuses(handle, [
    ['answer', 'the answer of a row goes to the files of its batch', { response: { id: 'by-hand' } }],
    ['use', 'the plan of the row has no group spare: it has limited', { group: 'spare' }],
  ]);
  await act(handle, 'fail');
  expect(await batch.result()).toMatchObject({ counts: { answered: 0, failed: 1 } });
});

test('a call whose answer is being read along is failed by hand: its reader is told by whom', async () => {
  const calls: CallHandle[] = [];
  const reading = (async () => {
    for await (const event of holdfast.client.stream(ask('talks'))) {
      if (event.type === 'attempt') calls.push(holdfast.client.handle(event.callId));
      if (event.type !== 'chunk' || calls.length === 0) continue;
      const [handle] = calls.splice(0);
      if (handle === undefined) continue;
      await refuses(handle, [['retry-now', 'retry-now is not for a call that has an attempt in flight']]);
      await act(handle, 'fail');
    }
  })();
  await expect(reading).rejects.toMatchObject({
    kind: 'InternalServerError',
    message: 'the call was failed by anna@desk: an outage',
  });
});

test('an action that comes while the worker is replaced is taken by the one or the other, once', async () => {
  const handle = await holdfast.client.start(ask('cools'));
  await saysThatIt(handle, 'cool');
  await Promise.all([holdfast.replaceWorker(), act(handle, 'use', { group: 'spare' })]);
  const { report } = await handle.result();
  expect(report).toMatchObject({ group: 'spare' });
  expect(report.ledger.entries.filter(({ message }) => message === `use spare ${BY}`)).toHaveLength(1);
});
