import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallError, type CallHandle, type ChatCompletionRequest } from '../../src/client.js';
import type { ActionInput, CallAction } from '../../src/core/call/call-actions.js';
import { withClient } from '../helpers/call-history.js';
import type { RecordedRequest, Script } from '../../src/mock-provider/index.js';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [...group('first'), ...group('second'), ...group('third'), ...group('apart')],
  router_settings: {
    num_retries: 1,
    max_retry_delay: 3600,
    fallbacks: [{ first: ['second', 'third'] }],
    default_fallbacks: ['third'],
  },
};

const LONG = '429(retry-after=3600)';

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG);
});
afterAll(() => holdfast.close());

const ask = (model: string): ChatCompletionRequest => ({
  model,
  messages: [{ role: 'user', content: `Which bird is this? ${randomUUID()}` }],
});

const by = { by: 'anna@desk', why: 'the provider is down' };

const act = (handle: CallHandle, action: CallAction, more: Partial<ActionInput> = {}) =>
  handle.act(action, { ...by, ...more });

const inState = (handle: CallHandle, state: string) =>
  waitFor(async () => (await handle.describe()).pending?.state === state, { what: `the call to be ${state}` });

/** A call whose first attempt ended with a word to wait for an hour. */
async function waiting(script: Script = {}, { fallbacks = [] as string[] } = {}): Promise<CallHandle> {
  holdfast.provider.setScript({ 'first-up': LONG, ...script });
  const handle = await holdfast.client.start({ ...ask('first'), fallbacks, ...SETTINGS });
  await inState(handle, 'waiting');
  return handle;
}

/** The wait is granted, however long. */
const SETTINGS = { timeout: 100_000 };

async function failureOf(handle: CallHandle): Promise<CallError> {
  const error = await handle.result().catch((reason: unknown) => reason);
  if (error instanceof CallError) return error;
  throw new Error('the call answered', { cause: error });
}

const BY = 'by anna@desk: the provider is down; charged to no budget';

describe('a call that waits', () => {
  test('is retried now: its budgets stay as they are, and the ledger says who and why', async () => {
    const handle = await waiting({ 'first-up': `${LONG},ok` });
    await act(handle, 'retry-now');
    const { report } = await handle.result();
    expect(report).toMatchObject({ attempts: 2, retries: 1 });
    expect(report.ledger.entries).toMatchObject([
      { attempt: 1, kind: 'RateLimitError' },
      { outcome: 'note', message: `retry-now ${BY}` },
      { attempt: 2, outcome: 'answered' },
    ]);
    expect(await handle.inspect()).toMatchObject({ ledger: report.ledger });
  });

  test('is retried now, and fails again: its budget is used up as without that', async () => {
    const handle = await waiting({ 'first-up': `${LONG},503,ok` });
    await act(handle, 'retry-now');
    expect(await failureOf(handle)).toMatchObject({ kind: 'ServiceUnavailableError', report: { attempts: 2 } });
  });

  test('gives its group up: the fallbacks follow, and an entry says why', async () => {
    const handle = await waiting({ 'second-up': 'ok' }, { fallbacks: ['second'] });
    await act(handle, 'skip');
    const { report } = await handle.result();
    // The retry that it waited for was not made.
    expect(report).toMatchObject({ group: 'second', fallbacks: 1, attempts: 2, retries: 0 });
    expect(report.ledger.entries).toMatchObject([
      { group: 'first', attempt: 1 },
      { outcome: 'note', message: `skip ${BY}` },
      { outcome: 'note', next: { action: 'give up', reason: 'skip by anna@desk' } },
      { group: 'second', outcome: 'answered' },
    ]);
  });

  test('gives its last group up: the call fails with its last error', async () => {
    const handle = await waiting();
    await act(handle, 'skip');
    expect(await failureOf(handle)).toMatchObject({ kind: 'RateLimitError', status: 429 });
  });

  test.each([
    ['that it was planned for', 'second'],
    ['that it was not planned for', 'apart'],
  ])('goes on in a group %s', async (_what, name) => {
    const handle = await waiting({ [`${name}-up`]: 'ok' }, { fallbacks: ['second'] });
    await act(handle, 'use', { group: name });
    const { report } = await handle.result();
    expect(report).toMatchObject({ group: name, fallbacks: 0, attempts: 2 });
    expect(report.ledger.entries.map(({ message }) => message)).toContain(`use ${name} ${BY}`);
  });

  test('is not sent to a group that there is not, which no default group stands for: it waits on', async () => {
    holdfast.provider.setScript({ 'first-up': LONG, 'second-up': 'ok' });
    const handle = await holdfast.client.start({ ...ask('first'), ...SETTINGS }, { isKnownModel: true });
    await inState(handle, 'waiting');
    const message =
      `call ${handle.callId}: model group "secnd" is not in the config of this worker. ` +
      'Did you mean second? There are model groups: second, ';
    await expect(act(handle, 'use', { group: 'secnd' })).rejects.toMatchObject({
      kind: 'ConflictError',
      message: expect.stringContaining(message),
    });
    await act(handle, 'use', { group: 'second' });
    expect((await handle.result()).report).toMatchObject({ group: 'second', attempts: 2 });
  });

  test('has more retries: its group goes on after it would have given up', async () => {
    const handle = await waiting({ 'first-up': `${LONG},503,503,ok` });
    await act(handle, 'extend', { retries: 1 });
    await act(handle, 'retry-now');
    expect(await failureOf(handle)).toMatchObject({ report: { attempts: 3, retries: 2 } });
  });

  test('is answered by hand', async () => {
    const handle = await waiting();
    const response = { id: 'by-hand', choices: [] };
    await act(handle, 'answer', { response });
    expect(await handle.result()).toMatchObject({ response, report: { group: 'first', attempts: 1 } });
  });

  test('is failed by hand, and says by whom', async () => {
    const handle = await waiting();
    await act(handle, 'fail');
    const message = 'the call was failed by anna@desk: the provider is down';
    expect(await failureOf(handle)).toMatchObject({ kind: 'InternalServerError', message });
  });

  test('is cancelled, and says by whom', async () => {
    const handle = await waiting();
    await act(handle, 'cancel');
    const error = await failureOf(handle);
    expect(error).toMatchObject({ kind: 'CancelledError' });
    expect(error.ledger.entries).toMatchObject([{ attempt: 1 }, { outcome: 'note', message: `cancel ${BY}` }]);
  });

  test('is planned anew: under the config of today, and what was tried stays tried', async () => {
    const stage = await openHoldfast(CONFIG, { 'first-up': `${LONG},503,ok` });
    const handle = await stage.client.start({ ...ask('first'), fallbacks: [], ...SETTINGS });
    await inState(handle, 'waiting');
    await stage.replaceWorker({ ...CONFIG, router_settings: { ...CONFIG.router_settings, num_retries: 2 } });
    await act(handle, 'replan');
    await inState(handle, 'waiting');
    await act(handle, 'retry-now');
    expect((await handle.result()).report).toMatchObject({ attempts: 3, retries: 2 });
    await stage.close();
  });

  test('is paused, and resumed', async () => {
    const handle = await waiting({ 'first-up': '429(retry-after=2),ok' });
    await act(handle, 'pause');
    await inState(handle, 'paused');
    await act(handle, 'resume');
    const { report } = await handle.result();
    expect(report.ledger.entries.map(({ message }) => message)).toEqual(
      expect.arrayContaining([`pause ${BY}`, `resume ${BY}`]),
    );
  });
});

describe('a call with an attempt in flight', () => {
  const inFlight = async (script: Script, settings = {}) => {
    holdfast.provider.setScript(script);
    const handle = await holdfast.client.start({ ...ask('first'), fallbacks: [], ...settings });
    const isOpen = ({ abortedAt, finishedAt }: RecordedRequest) => abortedAt === undefined && finishedAt === undefined;
    const request = await waitFor(() => holdfast.provider.requestsFor('first-up').find(isOpen));
    await inState(handle, 'asking');
    return { handle, request };
  };

  test('is paused: the attempt is finished, and none follows until it is resumed', async () => {
    const { handle } = await inFlight({ 'first-up': [{ hold: true, status: 503 }, {}] });
    await act(handle, 'pause');
    await inState(handle, 'pausing');
    holdfast.provider.release();
    await inState(handle, 'paused');
    expect((await handle.inspect()).ledger.entries).toMatchObject([
      { outcome: 'failed', kind: 'ServiceUnavailableError' },
      { outcome: 'note', message: `pause ${BY}` },
    ]);
    await act(handle, 'resume');
    expect((await handle.result()).report).toMatchObject({ attempts: 2, retries: 1 });
  });

  test.each([
    ['skip', {}, 'second'],
    ['use', { group: 'third' }, 'third'],
  ] as const)('%s: the request is aborted, uncharged', async (action, more, then) => {
    const { handle, request } = await inFlight(
      { 'first-up': 'hang', 'second-up': 'ok', 'third-up': 'ok' },
      { fallbacks: ['second', 'third'] },
    );
    await act(handle, action, more);
    await waitFor(() => request.abortedAt);
    const { report } = await handle.result();
    expect(report).toMatchObject({ group: then, retries: 0 });
    expect(report.ledger.entries[0]).toMatchObject({ outcome: 'interrupted' });
  });

  test.each(['retry-now', 'replan', 'resume'] as const)('refuses %s, and says why', async (action) => {
    const { handle } = await inFlight({ 'first-up': [{ hold: true, status: 200 }] });
    const message = expect.stringContaining(`${action} is not for a call that has an attempt in flight`);
    await expect(act(handle, action)).rejects.toMatchObject({ kind: 'ConflictError', message });
    holdfast.provider.release();
    expect((await handle.result()).report.ledger.entries).toHaveLength(1);
  });
});

test.each([
  ['no reason', 'skip', { why: '' }, '"why" must give a reason'],
  ['nobody', 'skip', { by: ' ' }, '"by" must say who'],
  ['no group', 'use', {}, 'use takes the name of a model group'],
  ['no answer', 'answer', {}, 'answer takes the response'],
  ['nothing more', 'extend', {}, 'extend takes "retries"'],
] as const)('an action with %s is refused, here and by the workflow', async (_what, action, more, text) => {
  const handle = await waiting();
  const kind = 'BadRequestError';
  await expect(act(handle, action, more)).rejects.toMatchObject({ kind, message: expect.stringContaining(text) });
  const byHand = withClient((client) =>
    client.workflow.getHandle(handle.callId).executeUpdate(action, { args: [{ ...by, ...more }] }),
  );
  await expect(byHand).rejects.toMatchObject({ cause: { message: expect.stringContaining(text) } });
  await handle.cancel();
});

test('an action that the worker of the call does not know, as one of an older version, is refused with what helps', async () => {
  const handle = await waiting();
  const message =
    `call ${handle.callId}: the worker that has the call does not know "melt": ` +
    'it runs an older version of Holdfast. Upgrade the workers, and ask again';
  await expect(act(handle, 'melt' as CallAction)).rejects.toMatchObject({ kind: 'ConflictError', message });
  await handle.cancel();
});

test('two at once: one is taken, the other one refused', async () => {
  const handle = await waiting({ 'second-up': 'ok' }, { fallbacks: ['second', 'third'] });
  const ends = await Promise.allSettled([act(handle, 'skip'), act(handle, 'skip')]);
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect((await handle.result()).report).toMatchObject({ group: 'second', fallbacks: 1 });
});

test('a call that is over takes none', async () => {
  holdfast.provider.setScript({ 'first-up': 'ok' });
  const handle = await holdfast.client.start(ask('first'));
  await handle.result();
  const message = `call ${handle.callId} is over: answered`;
  await expect(act(handle, 'skip')).rejects.toMatchObject({ kind: 'ConflictError', message });
});
