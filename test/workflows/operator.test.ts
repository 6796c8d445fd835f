import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallError, type CallHandle, type ChatCompletionRequest } from '../../src/client.js';
import { defaultPayloadConverter } from '@temporalio/common';
import { eventNames, withClient } from '../helpers/call-history.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [...group('waits'), ...group('hangs'), ...group('big'), ...group('moved', ['old-up'])],
  router_settings: { ...FAST, num_retries: 1, fallbacks: [{ big: ['waits'] }] },
};

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG);
});
afterAll(() => holdfast.close());

const ask = (model: string, content = 'Which bird is this?'): ChatCompletionRequest => ({
  model,
  messages: [{ role: 'user', content }],
});

const pendingState = async (handle: CallHandle, state: string) =>
  waitFor(async () => (await handle.describe()).pending?.state === state, { what: `the call to be ${state}` });

/** What an operator does in the Temporal UI or with its CLI. */
const operate = (action: 'pauseActivity' | 'unpauseActivity' | 'resetActivity', { callId }: CallHandle, id: string) =>
  withClient(async (client) => {
    const target = { namespace: 'default', execution: { workflowId: callId }, id, identity: 'operator' };
    if (action === 'pauseActivity') await client.workflowService.pauseActivity({ ...target, reason: 'hold on' });
    if (action === 'unpauseActivity') await client.workflowService.unpauseActivity(target);
    if (action === 'resetActivity') await client.workflowService.resetActivity(target);
  });

async function failureOf(handle: CallHandle): Promise<CallError> {
  const error = await handle.result().catch((reason: unknown) => reason);
  if (error instanceof CallError) return error;
  throw new Error('the call answered', { cause: error });
}

describe('an operator', () => {
  test('pauses a request in flight: it is finished, and no other is made until it is unpaused', async () => {
    holdfast.provider.setScript({ 'hangs-up': [{ hold: true, status: 503 }, {}] });
    const handle = await holdfast.client.start(ask('hangs', 'pause'));
    await waitFor(() => holdfast.provider.requestsFor('hangs-up').find(({ finishedAt }) => finishedAt === undefined));
    await operate('pauseActivity', handle, 'hangs');
    await pendingState(handle, 'pausing');
    holdfast.provider.release();
    await pendingState(handle, 'paused');
    expect((await handle.inspect()).now).toContain('paused');
    await operate('unpauseActivity', handle, 'hangs');
    const { report } = await handle.result();
    expect(report).toMatchObject({ attempts: 2, retries: 1 });
    expect(report.ledger.entries).toMatchObject([{ outcome: 'failed' }, { outcome: 'answered' }]);
  });

  test('cancels while a request in flight is about to fail: the call is cancelled, and tells of the attempt', async () => {
    holdfast.provider.setScript({ 'waits-up': [{ hold: true, status: 503 }] });
    const handle = await holdfast.client.start(ask('waits', 'cancel'));
    await waitFor(() => holdfast.provider.requestsFor('waits-up').at(-1));
    await handle.cancel();
    // The worker hears of it in the answer to a heartbeat, seconds later.
    await waitFor(async () => (await eventNames(handle.callId)).includes('ActivityTaskCancelRequested'));
    holdfast.provider.release();
    expect(await failureOf(handle)).toMatchObject({ kind: 'CancelledError', status: 499 });
    expect((await handle.describe()).state).toBe('cancelled');
  });

  test('resets a waiting call: it is asked again at once, with fresh budgets', async () => {
    holdfast.provider.setScript({ 'waits-up': '429(retry-after=3600),503,ok' });
    const handle = await holdfast.client.start(ask('waits', 'reset'));
    await pendingState(handle, 'waiting');
    await operate('resetActivity', handle, 'waits');
    const { report } = await handle.result();
    const outcomes = report.ledger.entries.map(({ outcome, kind }) => kind ?? outcome);
    // One retry is allowed: the 503 was granted one although the 429 had used it up.
    expect(outcomes.filter((outcome) => outcome !== 'note').slice(-2)).toEqual(['ServiceUnavailableError', 'answered']);
    expect(report).toMatchObject({ attempts: 3, retries: 2, groupRetries: 2 });
  });
});

describe('an operator ends a group by hand, or somebody does by mistake', () => {
  const target = ({ callId }: CallHandle, id: string) => ({
    namespace: 'default',
    workflowId: callId,
    activityId: id,
    identity: 'operator',
  });
  const payload = (value: unknown) => ({ payloads: [defaultPayloadConverter.toPayload(value)] });
  const inFlight = async (content: string) => {
    holdfast.provider.setScript({ 'hangs-up': 'hang' });
    const handle = await holdfast.client.start(ask('hangs', content));
    await waitFor(() => holdfast.provider.requestsFor('hangs-up').some(({ abortedAt }) => abortedAt === undefined));
    await pendingState(handle, 'asking');
    return handle;
  };

  const limit = async (handle: CallHandle, id: string) =>
    withClient((client) =>
      client.workflowService.updateActivityOptions({
        namespace: 'default',
        execution: { workflowId: handle.callId },
        id,
        identity: 'operator',
        activityOptions: { retryPolicy: { maximumAttempts: 1 } },
        updateMask: { paths: ['retry_policy.maximum_attempts'] },
      }),
    );

  test('limits the attempts of a group that waits: the call ends, and its ledger says why', async () => {
    holdfast.provider.setScript({ 'waits-up': '429(retry-after=60)' });
    const handle = await holdfast.client.start(ask('waits', 'limited'));
    await pendingState(handle, 'waiting');
    await limit(handle, 'waits');
    const error = await failureOf(handle);
    expect(error).toMatchObject({ kind: 'RateLimitError', message: expect.stringContaining('update-options') });
    expect(error.ledger.entries).toMatchObject([
      { attempt: 1, kind: 'RateLimitError', next: { action: 'retry' } },
      { outcome: 'note', next: { action: 'give up', reason: expect.stringContaining('limited from outside') } },
    ]);
  });

  test('limits the attempts while one is made: what it ends with ends the call', async () => {
    holdfast.provider.setScript({ 'waits-up': [{ hold: true, status: 429, error: '429' }] });
    const handle = await holdfast.client.start(ask('waits', 'limited'));
    await pendingState(handle, 'asking');
    await limit(handle, 'waits');
    await waitFor(() => holdfast.provider.requestsFor('waits-up').some(({ finishedAt }) => finishedAt === undefined));
    holdfast.provider.release();
    const error = await failureOf(handle);
    expect(error).toMatchObject({ kind: 'RateLimitError', message: expect.stringContaining('update-options') });
    expect(error.ledger.entries.at(-1)).toMatchObject({ outcome: 'note', kind: 'RateLimitError' });
  });

  test.each([
    ['null', payload(null)],
    ['a result that is no result of ours', payload({ answer: 42 })],
    ['one that resembles ours', payload({ response: {}, ended: { group: 1 } })],
  ])('completes an attempt with %s: the call ends, and says so', async (what, result) => {
    const handle = await inFlight(what);
    await withClient((client) =>
      client.workflowService.respondActivityTaskCompletedById({ ...target(handle, 'hangs'), result }),
    );
    const error = await failureOf(handle);
    const message = expect.stringContaining('completed from outside');
    expect(error).toMatchObject({ kind: 'InternalServerError', message });
    expect(error.ledger.entries).toMatchObject([{ outcome: 'note', message, next: { action: 'give up' } }]);
    expect((await handle.inspect()).ledger).toEqual(error.ledger);
  });

  test.each([
    ['without details', null],
    ['with details that are none of ours', payload({ why: 'bored' })],
    ['with details that resemble ours', payload({ failure: { kind: 'Timeout' }, ended: {} })],
  ])('fails an attempt %s: the call ends, and says so', async (what, details) => {
    const handle = await inFlight(what);
    await withClient((client) =>
      client.workflowService.respondActivityTaskFailedById({
        ...target(handle, 'hangs'),
        failure: { message: 'bored', source: 'CLI', applicationFailureInfo: { nonRetryable: true, details } },
      }),
    );
    const error = await failureOf(handle);
    const message = expect.stringContaining('by hand (temporal activity fail): bored');
    expect(error).toMatchObject({ kind: 'InternalServerError', message });
    expect(error.ledger.entries).toMatchObject([{ outcome: 'note', message }]);
    expect((await handle.inspect()).ledger).toEqual(error.ledger);
  });
});

test('a call whose workflow could not go on ends, and says so, with what it had been through', async () => {
  holdfast.provider.setScript({ 'big-up': '500', 'waits-up': 'hang' });
  const handle = await holdfast.client.start(ask('big', 'broken'));
  await waitFor(async () => (await handle.describe()).pending?.group === 'waits');
  const entries = [{ outcome: 'note', message: { no: 'text' } }];
  const left = { response: {}, ended: { group: 'waits', attempts: 1, ledger: { entries } } };
  const result = { payloads: [defaultPayloadConverter.toPayload(left)] };
  await withClient((client) =>
    client.workflowService.respondActivityTaskCompletedById({
      namespace: 'default',
      workflowId: handle.callId,
      activityId: 'waits',
      result,
    }),
  );
  const error = await failureOf(handle);
  expect(error).toMatchObject({
    kind: 'InternalServerError',
    message: expect.stringContaining('the workflow of the call cannot go on: TypeError'),
  });
  expect(error.ledger.entries).toMatchObject([{ group: 'big' }, { group: 'big', attempt: 2 }, { outcome: 'note' }]);
});

describe('workers', () => {
  test('with another config: a call keeps the plan it was started with', async () => {
    const stage = await openHoldfast(CONFIG, { 'waits-up': '429(retry-after=1),503,ok' });
    const handle = await stage.client.start(ask('waits'));
    await pendingState(handle, 'waiting');
    // Under this config the second failure would be retried, too.
    const generous = { ...CONFIG, router_settings: { ...CONFIG.router_settings, num_retries: 5 } };
    await stage.replaceWorker(generous);
    await expect(handle.result()).rejects.toMatchObject({ kind: 'ServiceUnavailableError' });
    expect((await stage.client.execute(ask('waits'))).report.retries).toBe(0);
    await stage.close();
  });

  describe('that do not know the deployments of a running call, when half of its time is over', TIMED, () => {
    const waiting = async () => {
      const stage = await openHoldfast(CONFIG, { 'old-up': '429(retry-after=1),ok', 'new-up': 'ok' });
      // Its half leaves a slow machine time for what comes after it.
      const handle = await stage.client.start({ ...ask('moved'), timeout: 24 });
      await pendingState(handle, 'waiting');
      return { stage, handle };
    };

    test('ask their own of the group, under the plan', async () => {
      const { stage, handle } = await waiting();
      await stage.replaceWorker({ ...CONFIG, model_list: [...group('waits'), ...group('moved', ['new-up'])] });
      const { report } = await handle.result();
      expect(report).toMatchObject({ deployment: 'moved#new-up', attempts: 2 });
      expect(report.ledger.entries.map(({ outcome }) => outcome)).toEqual(['failed', 'note', 'note', 'answered']);
      await stage.close();
    });

    test('give the group up where they have none, and say so', async () => {
      const { stage, handle } = await waiting();
      await stage.replaceWorker({ ...CONFIG, model_list: group('waits') });
      await expect(handle.result()).rejects.toMatchObject({
        kind: 'NotFoundError',
        message: expect.stringContaining('none of the deployments'),
      });
      await stage.close();
    });
  });
});

describe('large calls', () => {
  test('1.4 MB of prompt and of answer, a fallback and a change of worker between', async () => {
    const small = await openHoldfast(CONFIG, {
      'big-up': '500',
      'waits-up': '429(retry-after=2),large(1400000)',
    });
    const prompt = 'x'.repeat(1_400_000);
    const handle = await small.client.start(ask('big', prompt));
    await pendingState(handle, 'waiting');
    await small.replaceWorker();
    const { response, report } = await handle.result();
    expect(response.choices[0]?.message.content?.length).toBeGreaterThanOrEqual(1_399_000);
    expect(report).toMatchObject({ group: 'waits', fallbacks: 1 });
    await small.close();
  });
});
