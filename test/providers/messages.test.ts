import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classify } from '../../src/core/errors/classify.js';
import { startMockProvider, type MockProvider, type Step } from '../../src/mock-provider/index.js';
import { createCallProvider } from '../../src/providers/call-provider.js';
import type { ProviderRequest } from '../../src/providers/provider-request.js';
import { PLANTED_KEY } from '../helpers/holdfast.js';
import { buildRequest } from './build-request.js';

const callProvider = createCallProvider([PLANTED_KEY]);

let provider: MockProvider;
beforeAll(async () => {
  provider = await startMockProvider();
});
afterAll(() => provider.close());

const messages = [{ role: 'user', content: 'hi' }];

function request(body: object = {}, changes: Partial<ProviderRequest> = {}): ProviderRequest {
  const connection = {
    provider: 'anthropic',
    apiBase: `${provider.url}/v1`,
    messages: { base: `${provider.url}/v1`, keyIn: 'x-api-key' },
    apiKey: PLANTED_KEY,
    params: {},
  } as const;
  const all = { operation: 'messages', connection, body: { max_tokens: 8, messages, ...body }, ...changes } as const;
  return buildRequest(provider, 'm', all);
}

async function outcomeOf(step: Step, asked = request()) {
  provider.setScript({ m: [step] });
  const outcome = await callProvider(asked);
  return outcome.facts === null ? outcome : classify(outcome.facts, Date.now());
}

const whole = (fields: object): Step => ({
  body: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text: 'Hi' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 2 },
    ...fields,
  },
});

const error = (type: string, message = type): Step['body'] => ({ type: 'error', error: { type, message } });

const sse = (...events: object[]): Step => ({
  raw: events.map((each) => `event: ${(each as { type: string }).type}\ndata: ${JSON.stringify(each)}\n\n`).join(''),
  headers: { 'content-type': 'text/event-stream' },
});

const START = {
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', content: [], usage: { input_tokens: 3 } },
};
const DELTA = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } };
const END = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } };

describe('an error is of the kind that its status, type or text says', () => {
  test.each<[what: string, step: Step, kind: string, status: number]>([
    ['overloaded', { status: 529, body: error('overloaded_error') }, 'InternalServerError', 529],
    ['too many requests', { status: 429, body: error('rate_limit_error') }, 'RateLimitError', 429],
    ['a wrong key', { status: 401, body: error('authentication_error') }, 'AuthenticationError', 401],
    ['no such model', { status: 404, body: error('not_found_error', 'model: m') }, 'NotFoundError', 404],
    ['its server', { status: 500, body: error('api_error') }, 'InternalServerError', 500],
    ['a bad request', { status: 400, body: error('invalid_request_error') }, 'BadRequestError', 400],
    [
      'a prompt that does not fit',
      { status: 400, body: error('invalid_request_error', 'prompt is too long: 209001 tokens > 200000 maximum') },
      'ContextWindowExceededError',
      400,
    ],
    [
      'a request that is too large',
      { status: 413, body: error('request_too_large') },
      'ContextWindowExceededError',
      413,
    ],
    ['under a 200', { body: error('rate_limit_error') }, 'RateLimitError', 429],
  ])('%s', async (_what, step, kind, status) => {
    expect(await outcomeOf(step)).toMatchObject({ kind, status });
  });

  test.each([
    ['overloaded_error', 'InternalServerError', 529],
    ['rate_limit_error', 'RateLimitError', 429],
    ['api_error', 'InvalidResponseError', 502],
  ])('in a stream: %s', async (type, kind, status) => {
    const outcome = await outcomeOf(sse(START, error(type) as object), request({ stream: true }));
    expect(outcome).toMatchObject({ kind, status });
  });
});

describe('an answer', () => {
  test('a refusal is a failure where another group may answer', async () => {
    expect(await outcomeOf(whole({ stop_reason: 'refusal', content: [] }))).toMatchObject({
      kind: 'ContentPolicyViolationError',
      status: 400,
    });
    expect(
      await outcomeOf(whole({ stop_reason: 'refusal', content: [] }), request({}, { blockedAnswerFails: false })),
    ).toMatchObject({ facts: null, response: { stop_reason: 'refusal' } });
  });

  test.each<[what: string, fields: object, message: string]>([
    ['without content', { content: undefined }, 'without content'],
    ['that says that it failed', { stop_reason: 'error' }, 'stop_reason error'],
    ['with nothing in it', { content: [], usage: { input_tokens: 3, output_tokens: 0 } }, 'nothing in it'],
    [
      'with empty blocks',
      { content: [{ type: 'text', text: '' }], usage: { input_tokens: 3, output_tokens: 0 } },
      'nothing in it',
    ],
  ])('%s is none', async (_what, fields, message) => {
    const outcome = await outcomeOf(whole(fields));
    expect(outcome).toMatchObject({ kind: 'InvalidResponseError', message: expect.stringContaining(message) });
  });

  test.each<[what: string, fields: object]>([
    ['without a block: there is nothing to add', { content: [] }],
    ['with a tool', { content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }], stop_reason: 'tool_use' }],
    ['cut short by max_tokens', { stop_reason: 'max_tokens' }],
    ['that goes on in another request', { stop_reason: 'pause_turn' }],
    ['with a reason that nobody knows', { stop_reason: 'new_reason' }],
  ])('%s is one', async (_what, fields) => {
    expect(await outcomeOf(whole(fields))).toMatchObject({ facts: null, tokens: { total: 5 } });
  });

  test.each<[what: string, step: Step, body: object]>([
    ['a stream where none was asked for', sse(START, DELTA, END, { type: 'message_stop' }), {}],
    ['JSON where a stream was asked for', whole({}), { stream: true }],
    ['a stream without message_stop', sse(START, DELTA, END), { stream: true }],
  ])('%s is read as what it is', async (_what, step, body) => {
    expect(await outcomeOf(step, request(body))).toMatchObject({
      facts: null,
      response: { content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn' },
      tokens: { prompt: 3, completion: 2, total: 5 },
    });
  });

  test('a tool whose input was cut off keeps it as a text', async () => {
    const block = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
    };
    const input = { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"a' } };
    const end = { ...END, delta: { stop_reason: 'max_tokens' } };
    expect(await outcomeOf(sse(START, block, input, end), request({ stream: true }))).toMatchObject({
      response: { content: [{ type: 'tool_use', name: 'f', input: '{"a' }] },
    });
  });

  test('a stream that was cut is none', async () => {
    expect(await outcomeOf(sse(START, DELTA), request({ stream: true }))).toMatchObject({
      kind: 'InvalidResponseError',
      contentDelivered: true,
    });
  });
});

describe('a request', () => {
  test('has the fields and headers of its deployment, and a bearer token where the provider wants one', async () => {
    const { connection } = request();
    const own = {
      ...connection,
      messages: { base: `${provider.url}/v1`, keyIn: 'bearer' as const },
      query: { a: 'b' },
      headers: { 'Anthropic-Version': '2024-01-01' },
      params: { temperature: 0 },
    };
    const headers = { 'anthropic-version': '2025-01-01', 'anthropic-beta': 'x' };
    await outcomeOf({}, request({ stream: true }, { connection: own, headers }));
    expect(provider.requests.at(-1)).toMatchObject({
      path: '/v1/messages?a=b',
      headers: {
        authorization: `Bearer ${PLANTED_KEY}`,
        'anthropic-version': '2024-01-01',
        'anthropic-beta': 'x',
      },
      // No question for tokens: they are told unasked.
      body: { model: 'm', max_tokens: 8, messages, temperature: 0, stream: true },
    });
    expect(Object.keys(provider.requests.at(-1)?.body as object)).not.toContain('stream_options');
  });

  test('whole numbers of any size go unchanged', async () => {
    await outcomeOf({}, request({ metadata: { user_id: 'u', number: { 'holdfast:number': '12345678901234567890' } } }));
    expect(JSON.stringify(provider.requests.at(-1)?.body)).toContain('12345678901234567000');
  });
});
