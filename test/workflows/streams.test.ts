import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallError, type ChatCompletionRequest } from '../../src/client.js';
import type { Script, Step } from '../../src/mock-provider/index.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';

const CONFIG = {
  model_list: [
    ...group('good'),
    ...group('flaky'),
    ...group('down'),
    ...group('cut'),
    ...group('charged'),
    ...group('pair', ['pair-one', 'pair-two']),
    ...group('standby', ['standby-one', { model: 'openai/standby-two', order: 2 }]),
    ...group('spare'),
  ],
  router_settings: { ...FAST, num_retries: 2, fallbacks: [{ '*': ['spare'] }] },
};

/** Some providers tell with every chunk what they have charged so far. */
const CHARGED = {
  choices: [{ index: 0, delta: { content: 'Hello' } }],
  usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
};

const CUT: Step = { sse: ['Hel', 'lo'], then: 'reset' };

const SCRIPT: Script = {
  'good-up': 'ok',
  'flaky-up': [{ sse: [], then: 'error' }, { sse: [''], then: 'reset' }, {}],
  'down-up': [{ sse: [], then: 'error' }],
  'cut-up': [CUT, {}],
  'charged-up': [{ raw: `data: ${JSON.stringify(CHARGED)}\n\n`, headers: { 'content-type': 'text/event-stream' } }],
  'pair-one': [CUT],
  'pair-two': [CUT],
  'standby-one': [CUT],
  'standby-two': 'ok',
  'spare-up': 'ok',
};

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, SCRIPT);
});
afterAll(() => holdfast.close());

const ask = (model: string): ChatCompletionRequest => ({
  model,
  stream: true,
  messages: [{ role: 'user', content: 'Which bird is this?' }],
});

test('the whole answer is the result of a call that streams', async () => {
  const { response, report } = await holdfast.client.execute(ask('good'));
  expect(response).toMatchObject({
    object: 'chat.completion',
    choices: [{ message: { role: 'assistant', content: 'Echo: Which bird is this?' }, finish_reason: 'stop' }],
  });
  expect(report.tokens.total).toBeGreaterThan(0);
  expect(holdfast.provider.requestsFor('good-up')[0]?.body).toMatchObject({ stream: true });
});

describe('before the first content', () => {
  test('a stream that fails is retried like any call', async () => {
    const { report } = await holdfast.client.execute(ask('flaky'));
    expect(report).toMatchObject({ group: 'flaky', attempts: 3, retries: 2, fallbacks: 0 });
    expect(report.ledger.entries).toMatchObject([
      { kind: 'InvalidResponseError' },
      { kind: 'APIConnectionError' },
      { outcome: 'answered' },
    ]);
  });

  test('and falls back like any call', async () => {
    const { report } = await holdfast.client.execute(ask('down'));
    expect(report).toMatchObject({ group: 'spare', attempts: 4, fallbacks: 1 });
  });
});

describe('after the first content nothing follows', () => {
  test.each([
    ['no retry, no fallback', 'cut'],
    ['no other deployment', 'pair'],
    ['no standby', 'standby'],
  ])('%s', async (_, model) => {
    const spareBefore = holdfast.provider.callCount('spare-up');
    const error: unknown = await holdfast.client.execute(ask(model)).catch((reason: unknown) => reason);
    if (!(error instanceof CallError)) throw new Error('the call answered');
    expect(error).toMatchObject({ kind: 'APIConnectionError', status: 502, report: { attempts: 1, fallbacks: 0 } });
    expect(error.ledger.entries).toMatchObject([
      { next: { action: 'give up', reason: expect.stringContaining('had been read') } },
    ]);
    expect(holdfast.provider.callCount('spare-up')).toBe(spareBefore);
  });
});

test('the tokens of a stream that was cut are in the ledger, as far as the provider told them', async () => {
  const error: unknown = await holdfast.client.execute(ask('charged')).catch((reason: unknown) => reason);
  if (!(error instanceof CallError)) throw new Error('the call answered');
  const tokens = { prompt: 7, completion: 2, total: 9 };
  expect(error.ledger.entries).toMatchObject([{ kind: 'InvalidResponseError', tokens }]);
  expect(error.report?.tokens).toEqual(tokens);
});
