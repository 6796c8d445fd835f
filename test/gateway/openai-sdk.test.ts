import {
  APIError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
  UnprocessableEntityError,
} from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';

const TOOL_CALL = {
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Oslo"}' },
} as const;

let gateway: TestGateway;
beforeAll(async () => {
  const config = {
    model_list: [
      ...group('good'),
      ...group('flaky'),
      ...group('down'),
      ...group('tools'),
      ...group('json'),
      ...['400', '401', '404', '409', '422', '429(retry-after=7)', '500', '503', 'context', 'hang'].map(
        (model) => group(model, [model])[0],
      ),
    ],
    router_settings: { ...FAST, num_retries: 1, fallbacks: [{ down: ['good'] }], timeout: 30 },
  };
  gateway = await openGateway(config, {
    'good-up': 'ok',
    'flaky-up': '500,ok',
    'down-up': '500',
    'tools-up': [{ body: toolAnswer() }],
    'json-up': [{ content: '{"city":"Oslo","degrees":7}' }],
  });
});
afterAll(() => gateway.close());

function toolAnswer() {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'tools-up',
    choices: [
      { index: 0, message: { role: 'assistant', content: null, tool_calls: [TOOL_CALL] }, finish_reason: 'tool_calls' },
    ],
  };
}

const messages = [{ role: 'user' as const, content: 'Which bird is this?' }];

describe('what OpenAI has', () => {
  test('chat completions', async () => {
    const answer = await gateway.openai().chat.completions.create({ model: 'good', messages });
    expect(answer.choices[0]?.message.content).toBe('Echo: Which bird is this?');
    expect(answer._request_id).toMatch(/^req_/);
  });

  test('tools', async () => {
    const answer = await gateway.openai().chat.completions.create({
      model: 'tools',
      messages,
      tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }],
    });
    expect(answer.choices[0]?.message.tool_calls).toEqual([TOOL_CALL]);
    expect(gateway.provider.requestsFor('tools-up')[0]?.body).toMatchObject({ tools: [{ type: 'function' }] });
  });

  test('structured output', async () => {
    const answer = await gateway.openai().chat.completions.parse({
      model: 'json',
      messages,
      response_format: zodResponseFormat(z.object({ city: z.string(), degrees: z.number() }), 'weather'),
    });
    expect(answer.choices[0]?.message.parsed).toEqual({ city: 'Oslo', degrees: 7 });
  });

  test('embeddings', async () => {
    const { data } = await gateway.openai().embeddings.create({ model: 'good', input: ['one', 'two'], dimensions: 4 });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([4, 4]);
  });

  test('responses', async () => {
    const answer = await gateway.openai().responses.create({ model: 'good', input: 'Which bird is this?' });
    expect(answer.output_text).toBe('Echo: Which bird is this?');
  });

  test('completions, moderations, images by URL', async () => {
    const openai = gateway.openai();
    expect((await openai.completions.create({ model: 'good', prompt: 'Once' })).choices[0]?.text).toBe('Echo: Once');
    expect((await openai.moderations.create({ model: 'good', input: 'hi' })).results[0]?.flagged).toBe(false);
    const image = await openai.images.generate({ model: 'good', prompt: 'a bird', response_format: 'url' });
    expect(image.data?.[0]?.url).toMatch(/^https:/);
  });

  test('models', async () => {
    const openai = gateway.openai();
    const ids: string[] = [];
    for await (const { id } of openai.models.list()) ids.push(id);
    expect(ids).toEqual(expect.arrayContaining(['good', 'flaky', 'down']));
    expect(await openai.models.retrieve('good')).toMatchObject({ id: 'good', object: 'model' });
    await expect(openai.models.retrieve('bad')).rejects.toThrow(NotFoundError);
  });

  test('the routes without /v1', async () => {
    const openai = gateway.openai({ baseURL: gateway.url });
    const answer = await openai.chat.completions.create({ model: 'good', messages });
    expect(answer.choices[0]?.message.content).toBe('Echo: Which bird is this?');
    expect((await openai.models.list()).data.length).toBeGreaterThan(0);
  });
});

describe('what the answer says of the call', () => {
  test('retries', async () => {
    const { data, response } = await gateway
      .openai()
      .chat.completions.create({ model: 'flaky', messages })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe('Echo: Which bird is this?');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-litellm-model-group': 'flaky',
      'x-litellm-attempted-retries': '1',
      'x-litellm-max-retries': '1',
      'x-litellm-attempted-fallbacks': '0',
      'x-holdfast-workflow-id': expect.stringMatching(/^call-/),
    });
  });

  test('fallbacks', async () => {
    const { response } = await gateway.openai().chat.completions.create({ model: 'down', messages }).withResponse();
    expect(response.headers.get('x-litellm-model-group')).toBe('good');
    expect(response.headers.get('x-litellm-attempted-fallbacks')).toBe('1');
  });
});

describe("errors are the SDK's own, and are not asked again: the SDK's retries are on", () => {
  test.each<[model: string, type: new (...args: never[]) => APIError, status: number, kind: string, requests: number]>([
    ['400', BadRequestError, 400, 'BadRequestError', 1],
    ['context', BadRequestError, 400, 'ContextWindowExceededError', 1],
    ['401', AuthenticationError, 401, 'AuthenticationError', 1],
    ['404', NotFoundError, 404, 'NotFoundError', 1],
    ['409', ConflictError, 409, 'ConflictError', 2],
    ['422', UnprocessableEntityError, 422, 'UnprocessableEntityError', 1],
    ['500', InternalServerError, 500, 'InternalServerError', 2],
    ['503', InternalServerError, 503, 'ServiceUnavailableError', 2],
  ])('%s', async (model, type, status, kind, requests) => {
    const before = gateway.provider.callCount(model);
    const error = await failure(gateway.openai().chat.completions.create({ model, messages }));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ status, error: { kind } });
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(gateway.provider.callCount(model)).toBe(before + requests);
  });

  test('429, and how long the provider asked to wait', async () => {
    const model = '429(retry-after=7)';
    const before = gateway.provider.callCount(model);
    const error = await failure(
      gateway.openai().chat.completions.create({ model, messages }, { headers: { 'x-litellm-num-retries': '0' } }),
    );
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'rate_limit_error' });
    expect(error.headers?.get('retry-after')).toBe('7');
    expect(gateway.provider.callCount(model)).toBe(before + 1);
  });

  test('408, after the time that the caller gave', TIMED, async () => {
    const request = { model: 'hang', messages, timeout: 3 };
    const before = gateway.provider.callCount('hang');
    const error = await failure(gateway.openai().chat.completions.create(request));
    expect(error).toMatchObject({ status: 408, code: 'timeout' });
    expect(gateway.provider.callCount('hang')).toBe(before + 1);
  });

  test('a group that is not there', async () => {
    const error = await failure(gateway.openai().chat.completions.create({ model: 'nowhere', messages }));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error.message).toContain('nowhere');
  });

  test('a request that is not valid', async () => {
    const error = await failure(gateway.openai().chat.completions.create({ model: 'good', messages: [] }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.message).toContain('messages: expected a list of messages, at least one');
  });
});

async function failure(call: Promise<unknown>): Promise<APIError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof APIError) return error;
    throw error;
  }
  throw new Error('the call succeeded');
}
