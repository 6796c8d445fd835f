import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { CallError, HoldfastClient, type ChatCompletionRequest } from '../../src/client.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { eventNames, withClient } from '../helpers/call-history.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [
    ...group('good'),
    ...group('limited'),
    ...group('hanging'),
    ...group('failing'),
    ...group('first-down'),
    ...group('huge'),
    ...group('recovering'),
  ],
  router_settings: { ...FAST, num_retries: 1, fallbacks: [{ 'first-down': ['hanging'] }] },
};

let holdfast: TestHoldfast;
let client: HoldfastClient;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, {
    'good-up': 'ok',
    'limited-up': '429(retry-after=3600)',
    'hanging-up': 'hang',
    'failing-up': '400',
    'first-down-up': '500',
    'huge-up': 'large(1600000)',
    'recovering-up': '400,ok',
  });
  client = holdfast.client;
});
afterAll(() => holdfast.close());

const ask = (model: string, settings: object = {}): ChatCompletionRequest => ({
  model,
  messages: [{ role: 'user', content: `Which bird is this? ${randomUUID()}` }],
  ...settings,
});

const failureOf = async (call: Promise<unknown>): Promise<CallError> => {
  const error = await call.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof CallError)) throw error;
  return error;
};

describe('idempotency', () => {
  test('the same key and request: one call, one answer, whatever the order of the fields', async () => {
    const key = `key-${randomUUID()}`;
    const request = ask('good', { temperature: 0.5 });
    const reordered = Object.fromEntries(Object.entries(request).toReversed()) as unknown as ChatCompletionRequest;
    const before = holdfast.provider.callCount('good-up');
    const [first, joined] = await Promise.all([
      client.execute(request, { idempotencyKey: key }),
      client.execute(reordered, { idempotencyKey: key }),
    ]);
    const again = await client.execute(request, { idempotencyKey: key });
    expect(joined.response).toEqual(first.response);
    expect(again.response).toEqual(first.response);
    expect(holdfast.provider.callCount('good-up')).toBe(before + 1);
  });

  test('the same key and another request: ConflictError', async () => {
    const key = `key-${randomUUID()}`;
    await client.execute(ask('good'), { idempotencyKey: key });
    const error = await failureOf(client.execute(ask('good'), { idempotencyKey: key }));
    expect(error).toMatchObject({ name: 'ConflictError', status: 409, callId: key });
  });

  test('a call that failed is run again', async () => {
    const key = `key-${randomUUID()}`;
    const request = ask('recovering');
    expect(await failureOf(client.execute(request, { idempotencyKey: key }))).toMatchObject({
      kind: 'BadRequestError',
    });
    const { report } = await client.execute(request, { idempotencyKey: key });
    expect(report.attempts).toBe(1);
  });
});

describe('a call that waits', () => {
  test('says why and until when; is found by group; and ends at once when cancelled, with its ledger', async () => {
    const handle = await client.start(ask('limited'));
    const waiting = await waitFor(async () => {
      const inspection = await handle.inspect();
      return inspection.pending?.state === 'waiting' ? inspection : null;
    });
    expect(waiting).toMatchObject({
      state: 'running',
      group: 'limited',
      summary: expect.stringContaining('Which bird'),
    });
    expect(waiting.now).toContain('Retry-After');
    const [entry] = waiting.ledger.entries;
    expect(entry).toMatchObject({ kind: 'RateLimitError', status: 429, next: { action: 'retry' } });
    const until = Date.parse(entry!.next!.until!);
    expect(until - Date.now()).toBeGreaterThan(3590_000);
    expect(Math.abs(waiting.pending!.nextAttemptAt!.getTime() - until)).toBeLessThan(5000);

    const found = await waitFor(async () => {
      for await (const call of client.list({ retrying: 'limited' })) if (call.callId === handle.callId) return call;
      return null;
    });
    expect(found.description?.pending).toMatchObject({ group: 'limited', attempt: 2 });
    expect(found.description?.pending?.lastFailure).toContain('RateLimitError');

    await handle.cancel();
    const error = await failureOf(handle.result());
    expect(error).toMatchObject({ name: 'CancelledError', status: 499 });
    expect(error.ledger.entries).toMatchObject([{ kind: 'RateLimitError' }]);
    expect((await handle.describe()).state).toBe('cancelled');
    // One workflow task, and not another one that hears of the end of its activity: many calls are cancelled together.
    const events = await eventNames(handle.callId);
    const afterwards = events.slice(events.indexOf('WorkflowExecutionCancelRequested'));
    expect(afterwards.filter((name) => name === 'WorkflowTaskStarted')).toHaveLength(1);
    expect(afterwards.at(-1)).toBe('WorkflowExecutionCanceled');
  });
});

describe('cancelling', () => {
  test('a request in flight is aborted, and nothing is charged', async () => {
    const handle = await client.start(ask('hanging'));
    await waitFor(() => holdfast.provider.requestsFor('hanging-up').at(-1));
    const request = holdfast.provider.requestsFor('hanging-up').at(-1)!;
    await handle.cancel();
    const error = await failureOf(handle.result());
    expect(error).toMatchObject({ name: 'CancelledError' });
    await waitFor(() => request.abortedAt);
    const inspection = await handle.inspect();
    expect(inspection.state).toBe('cancelled');
    expect(inspection.ledger.entries).toMatchObject([
      { outcome: 'interrupted', message: expect.stringContaining('cancelled') },
    ]);
  });

  test('a request in flight in a fallback group: the ledger has both groups', async () => {
    const before = holdfast.provider.callCount('hanging-up');
    const handle = await client.start(ask('first-down'));
    await waitFor(() => holdfast.provider.callCount('hanging-up') > before);
    await handle.cancel();
    const error = await failureOf(handle.result());
    expect(error.ledger.entries).toMatchObject([
      { group: 'first-down', outcome: 'failed' },
      { group: 'first-down', outcome: 'failed', next: { action: 'give up' } },
      { group: 'hanging', outcome: 'interrupted' },
    ]);
    expect(await eventNames(handle.callId)).toContain('WorkflowExecutionCanceled');
  });
});

describe('what cannot succeed is refused', () => {
  test.each<[string, unknown, string]>([
    ['no messages', { model: 'good' }, 'messages'],
    ['empty messages', { model: 'good', messages: [] }, 'messages'],
    ['messages that are none', { model: 'good', messages: 'hi' }, 'messages'],
    ['no model', { messages: [{ role: 'user', content: 'hi' }] }, 'model'],
    [
      'a negative count',
      { model: 'good', messages: [{ role: 'user', content: 'hi' }], num_retries: -1 },
      'num_retries',
    ],
    ['a key', { model: 'good', messages: [{ role: 'user', content: 'hi' }], api_key: 'sk-1' }, 'api_key'],
    ['no object', null, ''],
  ])('before anything is started: %s', async (_name, request, path) => {
    const error = await failureOf(client.execute(request as ChatCompletionRequest));
    expect(error).toMatchObject({ name: 'BadRequestError', status: 400, callId: null });
    expect(error.message).toContain(path);
  });

  test('before anything is started: a prompt over 1.5 MB', async () => {
    const messages = [{ role: 'user', content: 'x'.repeat(1_600_000) }];
    const error = await failureOf(client.execute({ model: 'good', messages } as ChatCompletionRequest));
    expect(error).toMatchObject({ name: 'RequestTooLargeError', status: 413, callId: null });
  });

  test('an answer over 1.5 MB, which is not asked for twice', async () => {
    const error = await failureOf(client.execute(ask('huge')));
    expect(error).toMatchObject({ name: 'ResponseTooLargeError', status: 502 });
    expect(holdfast.provider.callCount('huge-up')).toBe(1);
  });

  test.each<[string, unknown[]]>([
    ['no input', []],
    ['junk', ['junk']],
    ['an unknown operation', [{ operation: 'sing', request: {} }]],
    ['no request', [{ operation: 'chat.completions' }]],
    ['an empty request', [{ operation: 'chat.completions', request: {} }]],
  ])('a workflow started by hand with %s fails, and is not stuck', async (_name, args) => {
    const workflowId = `by-hand-${randomUUID()}`;
    await withClient((temporal) =>
      temporal.workflow.start('llmCall', { args, taskQueue: holdfast.taskQueue, workflowId }),
    );
    const error = await failureOf(client.handle(workflowId).result());
    expect(error).toMatchObject({ kind: 'BadRequestError', status: 400 });
  });

  test('a call that never was', async () => {
    const error = await failureOf(client.handle('nobody').describe());
    expect(error).toMatchObject({ kind: 'NotFoundError', message: expect.stringContaining('no call nobody') });
  });

  test('a workflow that is no call', async () => {
    const workflowId = `other-${randomUUID()}`;
    await withClient((temporal) =>
      temporal.workflow.start('llmBatch', { workflowId, taskQueue: 'nobody-polls-this', args: [] }),
    );
    for (const look of ['describe', 'inspect'] as const) {
      await expect(client.handle(workflowId)[look]()).rejects.toMatchObject({ kind: 'NotFoundError' });
    }
    // A batch has a `pause` of its own.
    for (const action of ['pause', 'cancel'] as const) {
      await expect(client.handle(workflowId).act(action, { by: 'anna', why: 'a slip' })).rejects.toMatchObject({
        kind: 'NotFoundError',
        message: `${workflowId} is no call: it is a workflow of type llmBatch, a batch: see \`holdfast batch\``,
      });
    }
    await withClient((temporal) => temporal.workflow.getHandle(workflowId).terminate());
  });

  test('a client that is closed while it waits ends its waiting, and not the process', async () => {
    const closing = await HoldfastClient.connect({ address: inject('temporalAddress'), taskQueue: holdfast.taskQueue });
    const handle = await closing.start(ask('hanging'));
    const waiting = handle.result().catch((error: unknown) => error);
    await closing.close();
    expect(await waiting).toBeInstanceOf(Error);
    await client.handle(handle.callId).cancel();
  });

  test('no server: what to do', async () => {
    await expect(HoldfastClient.connect({ address: '127.0.0.1:1' })).rejects.toThrow(
      /no Temporal server answers at 127.0.0.1:1/,
    );
  });

  test('a wrong namespace: what to do', async () => {
    const elsewhere = await HoldfastClient.connect({ address: inject('temporalAddress'), namespace: 'nowhere' });
    await expect(elsewhere.execute(ask('good'))).rejects.toThrow(/no namespace "nowhere"/);
    await elsewhere.close();
  });
});
