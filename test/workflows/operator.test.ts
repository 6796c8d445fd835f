import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallHandle, ChatCompletionRequest } from '../../src/client.js';
import { withClient } from '../helpers/call-history.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
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

describe('an operator', () => {
  test('pauses a request in flight: it is aborted, uncharged, and goes on when unpaused', async () => {
    holdfast.provider.setScript({ 'hangs-up': 'hang,ok' });
    const handle = await holdfast.client.start(ask('hangs', 'pause'));
    const request = await waitFor(() => holdfast.provider.requestsFor('hangs-up').at(-1));
    await operate('pauseActivity', handle, 'hangs');
    await waitFor(() => request.abortedAt);
    await pendingState(handle, 'paused');
    expect((await handle.inspect()).now).toContain('paused');
    await operate('unpauseActivity', handle, 'hangs');
    const { report } = await handle.result();
    expect(report).toMatchObject({ attempts: 2, retries: 0 });
    expect(report.ledger.entries).toMatchObject([
      { outcome: 'interrupted', message: expect.stringContaining('paused') },
      { outcome: 'answered' },
    ]);
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

  test('that do not know the deployments of a running call: the group gives up and says so', async () => {
    const stage = await openHoldfast(CONFIG, { 'old-up': '429(retry-after=1),ok' });
    const handle = await stage.client.start(ask('moved'));
    await pendingState(handle, 'waiting');
    const moved = { ...CONFIG, model_list: [...group('waits'), ...group('moved', ['new-up'])] };
    await stage.replaceWorker(moved);
    await expect(handle.result()).rejects.toMatchObject({
      kind: 'NotFoundError',
      message: expect.stringContaining('none of the deployments'),
    });
    await stage.close();
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
