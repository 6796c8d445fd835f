import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallError, type ChatCompletionRequest } from '../../src/client.js';
import type { CallEvent } from '../../src/index.js';
import type { LedgerEntry } from '../../src/core/ledger/ledger.js';
import { FAST, group, openHoldfast, PLANTED_KEY, type TestHoldfast } from '../helpers/holdfast.js';
import { allEvents, eventsOf, RECORD, recorded } from './recorded.js';

const HOSTILE = fileURLToPath(new URL('fixtures/hostile.mjs', import.meta.url));

const CONFIG = {
  model_list: [
    ...group('good'),
    ...group('flaky'),
    ...group('down'),
    ...group('worse'),
    ...group('spare'),
    ...group('pair', ['pair-one', { model: 'openai/pair-two', order: 2 }]),
    ...group('moves', ['moves-one', 'moves-two']),
    ...group('filtered'),
    ...group('wrong'),
    ...group('streams'),
  ],
  router_settings: {
    ...FAST,
    num_retries: 2,
    retry_policy: { AuthenticationErrorRetries: 0 },
    fallbacks: [{ down: ['worse', 'spare'] }],
    content_policy_fallbacks: [{ filtered: ['spare'] }],
    model_group_alias: { other: 'good' },
    callbacks: RECORD,
  },
};

const SCRIPT = {
  'good-up': 'ok',
  'flaky-up': '503,429(retry-after=0),ok',
  'down-up': '500',
  'worse-up': '400',
  'spare-up': 'ok',
  'pair-one': 'auth',
  'pair-two': 'ok',
  'moves-one': '404',
  'moves-two': '404',
  'filtered-up': 'filter',
  'wrong-up': 'auth',
  'streams-up': [{ sse: ['Hel', 'lo'] }],
};

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, SCRIPT);
});
afterAll(async () => {
  await holdfast.close();
  // All callbacks have ended by now.
  const told = allEvents().map((event) =>
    [event.runId, event.type, event.group, event.type === 'fallback' ? event.fallback : event.attempt].join(' '),
  );
  expect(told.filter((event, index) => told.indexOf(event) !== index)).toEqual([]);
});

const PROMPT = 'Which bird is this?';
const ask = (model: string, set: Partial<ChatCompletionRequest> = {}): ChatCompletionRequest => ({
  model,
  messages: [{ role: 'user', content: PROMPT }],
  ...set,
});

/** Runs a call to its end; returns its ledger and so many of its events. */
async function run(request: ChatCompletionRequest, count: number) {
  const handle = await holdfast.client.start(request);
  const ledger = await handle.result().then(
    ({ report }) => report.ledger,
    (error: unknown) => (error as CallError).ledger,
  );
  const events = await recorded(handle.callId, count);
  return { callId: handle.callId, entries: ledger.entries, events };
}

const types = (events: readonly CallEvent[]) => events.map(({ type }) => type);

/** The parts of an event that the ledger has too, as the ledger has them. */
const shared = ({ attempt, group: its, deployment, model, startedAt, durationMs, status, requestId }: LedgerEntry) => ({
  attempt,
  group: its,
  deployment,
  model,
  startedAt,
  durationMs,
  status,
  requestId: requestId ?? null,
});

describe('an attempt that answers', () => {
  test('is told with all that the ledger has of it', async () => {
    const { callId, entries, events } = await run(ask('good'), 1);
    expect(events).toEqual([
      {
        type: 'success',
        callId,
        runId: expect.stringMatching(/^[\da-f-]{36}$/),
        operation: 'chat.completions',
        group: 'good',
        deployment: 'good#good-up',
        model: 'good-up',
        attempt: 1,
        retries: 0,
        startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        durationMs: expect.any(Number),
        status: 200,
        requestId: expect.any(String),
        tokens: { prompt: expect.any(Number), completion: expect.any(Number), total: expect.any(Number) },
        kind: null,
        error: null,
        next: null,
      },
    ]);
    expect(events).toMatchObject(entries.map(shared));
    expect(events).toMatchObject(entries.map(({ tokens }) => ({ tokens })));
  });

  test('of an alias has the name of the group', async () => {
    expect((await run(ask('other'), 1)).events).toMatchObject([{ type: 'success', group: 'good' }]);
  });

  test('of another operation says which', async () => {
    const { callId } = await holdfast.client
      .start({ model: 'good', input: 'hello' }, { operation: 'embeddings' })
      .then(async (handle) => ({ callId: handle.callId, result: await handle.result() }));
    expect(await recorded(callId, 1)).toMatchObject([{ operation: 'embeddings' }]);
  });

  test('of a stream is told when the whole of it is there', async () => {
    expect((await run(ask('streams', { stream: true }), 1)).events).toMatchObject([
      { type: 'success', tokens: { total: expect.any(Number) } },
    ]);
  });
});

describe('an attempt that fails', () => {
  test('is told with its error and what follows: once for each retry', async () => {
    const { callId, entries, events } = await run(ask('flaky'), 3);
    expect(types(events)).toEqual(['failure', 'failure', 'success']);
    expect(events).toMatchObject(entries.map(shared));
    expect(events.map((event) => event.type !== 'fallback' && event.retries)).toEqual([0, 1, 2]);
    expect(events[0]).toEqual({
      type: 'failure',
      callId,
      runId: events[2]?.runId,
      operation: 'chat.completions',
      ...shared(entries[0]!),
      retries: 0,
      tokens: null,
      kind: 'ServiceUnavailableError',
      error: { status: 503, message: entries[0]?.message, requestId: entries[0]?.requestId },
      next: entries[0]?.next,
    });
    expect(events[1]).toMatchObject({ kind: 'RateLimitError', status: 429, next: { action: 'retry', waitMs: 0 } });
  });

  test('is followed by no event when the call ends with it', async () => {
    const { events } = await run(ask('wrong'), 1);
    expect(events).toMatchObject([
      { type: 'failure', kind: 'AuthenticationError', next: { action: 'give up', reason: expect.any(String) } },
    ]);
  });

  test('tells the tokens that the provider charged all the same', async () => {
    const { events } = await run(ask('filtered'), 3);
    expect(events).toMatchObject([
      { type: 'failure', kind: 'ContentPolicyViolationError', tokens: { total: expect.any(Number) } },
      { type: 'fallback' },
      { type: 'success' },
    ]);
  });

  test('has no key in it, and nothing of the prompt', async () => {
    const { events } = await run(ask('wrong'), 1);
    expect(JSON.stringify(events)).toContain('Incorrect API key provided: [redacted]');
    expect(JSON.stringify(eventsOf(events[0]!.callId))).not.toMatch(new RegExp(`${PLANTED_KEY}|${PROMPT}`));
  });
});

describe('other deployments of the group are no fallback', () => {
  test('a standby', async () => {
    const { events } = await run(ask('pair'), 2);
    expect(events).toMatchObject([
      { type: 'failure', deployment: 'pair#pair-one', next: { action: 'standby' } },
      { type: 'success', deployment: 'pair#pair-two', model: 'pair-two', attempt: 2, retries: 0 },
    ]);
  });

  test('a move', async () => {
    const { events } = await run(ask('moves'), 2);
    expect(events).toMatchObject([
      { type: 'failure', kind: 'NotFoundError', next: { action: 'retry' } },
      { type: 'failure', kind: 'NotFoundError', next: { action: 'give up' }, retries: 1 },
    ]);
  });
});

describe('a fallback', () => {
  test('is told once for each group, with where from, where to and why', async () => {
    const { callId, entries, events } = await run(ask('down'), 7);
    expect(types(events)).toEqual(['failure', 'failure', 'failure', 'fallback', 'failure', 'fallback', 'success']);
    expect(events.filter(({ type }) => type !== 'fallback')).toMatchObject(entries.map(shared));
    const { message, requestId } = entries[2]!;
    expect(events[3]).toEqual({
      type: 'fallback',
      callId,
      runId: events[0]?.runId,
      operation: 'chat.completions',
      group: 'worse',
      from: 'down',
      to: 'worse',
      kind: 'InternalServerError',
      error: { status: 500, message, requestId },
      fallback: 1,
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect(events[5]).toMatchObject({ from: 'worse', to: 'spare', kind: 'BadRequestError', fallback: 2 });
  });

  test('that is not taken is not told', async () => {
    const { callId } = await run(ask('down', { num_retries: 0, disable_fallbacks: true }), 1);
    expect(types(eventsOf(callId))).toEqual(['failure']);
  });
});

test('the same call made again after it failed is another run', async () => {
  const options = { idempotencyKey: `again-${Date.now()}` };
  const fail = async () => {
    await expect(holdfast.client.execute(ask('wrong'), options)).rejects.toBeInstanceOf(CallError);
  };
  await fail();
  await fail();
  const events = await recorded(options.idempotencyKey, 2);
  expect(new Set(events.map(({ runId }) => runId)).size).toBe(2);
});

test('callbacks that throw, reject and hang change nothing for calls, for other callbacks and for the end of the worker', async () => {
  const router = { ...CONFIG.router_settings, callbacks: [HOSTILE, RECORD] };
  const stage = await openHoldfast({ ...CONFIG, router_settings: router }, SCRIPT);
  const handle = await stage.client.start(ask('down'));
  const { report } = await handle.result();
  expect(report).toMatchObject({ group: 'spare', attempts: 5, retries: 2, fallbacks: 2 });
  expect(await recorded(handle.callId, 7)).toHaveLength(7);
  const results = await Promise.all(Array.from({ length: 20 }, () => stage.client.execute(ask('good'))));
  expect(results.every((result) => result.report.attempts === 1)).toBe(true);
  await stage.close();
});
