import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIRST_ATTEMPTS } from '../../src/core/call/durability.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, PLANTED_KEY } from '../helpers/holdfast.js';
import { batchEnd, createBatch, fileLines } from '../helpers/openai-batches.js';
import { readEvents } from '../helpers/sse.js';
import { TIMED } from '../helpers/timed.js';

const KEY = 'sk-master-0123456789';
const TEXT = 'One two three.';

const LIMITS = {
  'request-id': 'req_provider',
  'anthropic-organization-id': 'org_1',
  'anthropic-ratelimit-requests-limit': '50',
  'anthropic-ratelimit-requests-remaining': '49',
};

const NAMES = ['good', 'slow', 'busy', 'bad', 'once', 'leaky'];

const REFUSED = { type: 'authentication_error', message: `invalid x-api-key ${PLANTED_KEY}` };

const config = (general: object = {}) => ({
  model_list: [
    ...NAMES.map((name) => ({
      model_name: name,
      litellm_params: { model: `anthropic/${name}-up`, api_base: 'MOCK', api_key: PLANTED_KEY },
    })),
    ...['first', 'second'].map((model, index) => ({
      model_name: 'pair',
      litellm_params: { model: `anthropic/${model}`, api_base: 'MOCK', api_key: PLANTED_KEY, order: index + 1 },
    })),
    { model_name: 'claude/*', litellm_params: { model: 'anthropic/*', api_base: 'MOCK', api_key: PLANTED_KEY } },
  ],
  router_settings: { ...FAST, num_retries: 1 },
  litellm_settings: { sse_keepalive_ping_interval_seconds: 0.1 },
  general_settings: { master_key: KEY, ...general },
});

const SCRIPT = {
  'good-up': [{ content: TEXT, headers: LIMITS }],
  'slow-up': [{ sse: ['One ', 'two ', 'three.'], delay: 0.5, headers: LIMITS }],
  'busy-up': [{ status: 429, headers: { ...LIMITS, 'retry-after': '0' } }],
  'bad-up': [{ status: 400 }],
  'once-up': '500,ok',
  'leaky-up': [{ status: 401, body: { type: 'error', error: REFUSED } }],
  first: [{ status: 429, headers: { 'retry-after': '600' } }],
  second: [{ content: TEXT }],
  'any-model': [{ content: TEXT }],
};

let files: string;
let gateway: TestGateway;
beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), 'holdfast-messages-'));
  gateway = await openGateway(config(), SCRIPT, { files });
});
afterAll(async () => {
  await gateway.close();
  await rm(files, { recursive: true, force: true });
});

const body = (model: string, more: object = {}) => ({
  model,
  max_tokens: 9,
  messages: [{ role: 'user', content: 'Count.' }],
  ...more,
});

const AS_MASTER = { 'x-api-key': KEY };
const post = (json: unknown, headers: Record<string, string> = AS_MASTER, path = '/v1/messages') =>
  gateway.fetch(path, { json, headers });

describe('who may ask', () => {
  test.each([
    ["Anthropic's header", { 'x-api-key': KEY }, 200],
    ["OpenAI's", { authorization: `Bearer ${KEY}` }, 200],
    ['another key', { 'x-api-key': 'sk-ant-none' }, 401],
    ['none', {}, 401],
  ])('a key in %s', async (_what, headers: Record<string, string>, status) => {
    const response = await post(body('good'), headers);
    expect(response.status).toBe(status);
    if (status === 200) return;
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
  });

  test('the key of the caller never reaches the provider', async () => {
    await post(body('good'), { 'x-api-key': KEY, authorization: `Bearer ${KEY}` });
    const { headers } = gateway.provider.requestsFor('good-up').at(-1)!;
    expect(headers['x-api-key']).toBe(PLANTED_KEY);
    expect(JSON.stringify(headers)).not.toContain(KEY);
  });
});

describe('headers', () => {
  test.each([false, true])("the provider's limits and ids, stream: %s", TIMED, async (stream) => {
    const response = await post(body('good', { stream }));
    expect(Object.fromEntries(response.headers)).toMatchObject(LIMITS);
    await response.text();
  });

  test('of an error: when to come back, and no retry of the client', async () => {
    const response = await post(body('busy'));
    expect(response.status).toBe(429);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...LIMITS,
      'retry-after': '0',
      'x-should-retry': 'false',
    });
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'rate_limit_error' },
      request_id: 'req_provider',
    });
  });

  test("an error of the gateway's own has an id, too, which Anthropic's client tells", async () => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: KEY, maxRetries: 0 });
    const error: unknown = await client.messages
      .create({ model: 'nobody', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] })
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(APIError);
    expect((error as APIError).requestID).toMatch(/^req_/);
    expect(error).toMatchObject({ error: { request_id: (error as APIError).requestID } });
  });
});

describe('what a provider says', () => {
  test('a key in its error is told to nobody', TIMED, async () => {
    const response = await post(body('leaky', { stream: true }));
    const text = await response.text();
    expect([response.status, text]).toEqual([401, expect.stringContaining('invalid x-api-key')]);
    expect(text).not.toContain(PLANTED_KEY);
    const { ledger } = await gateway.client.handle(response.headers.get('x-holdfast-workflow-id') ?? '').inspect();
    expect(JSON.stringify(ledger)).not.toContain(PLANTED_KEY);
  });

  test('a deployment that has reached a limit cools, and the other one answers at once', async () => {
    for (let time = 0; time < 3; time += 1) {
      const response = await post(body('pair'));
      expect(await response.json()).toMatchObject({ model: 'second' });
    }
    expect(gateway.provider.callCount('first')).toBe(1);
  });
});

describe('streams', () => {
  test("a silent one is kept alive by Anthropic's pings, and they are all that is added", async () => {
    const response = await post(body('slow', { stream: true }));
    const { text, events } = await readEvents(response);
    expect(text.startsWith('event: message_start') || text.startsWith('event: ping')).toBe(true);
    expect(text).not.toMatch(/^:/m);
    const names = events.map(({ event }) => event).filter((event) => event !== 'ping');
    expect(names).toEqual([
      'message_start',
      'content_block_start',
      ...Array.from({ length: 3 }, () => 'content_block_delta'),
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });
});

describe('what is not served', () => {
  test.each([
    ['POST', '/v1/messages/count_tokens', 'tokens are not counted here'],
    ['POST', '/anthropic/v1/messages/count_tokens', 'tokens are not counted here'],
    ['POST', '/v1/messages/batches', 'POST /v1/batches takes rows with the url /v1/messages'],
    ['GET', '/v1/messages/batches/msgbatch_1/results', 'POST /v1/batches takes rows'],
    ['POST', '/v1/messages/toString', 'there is no POST of this path'],
    ['GET', '/anthropic/v1/files', 'there is no GET of this path'],
  ])("%s %s is refused in Anthropic's form", async (method, path, message) => {
    const headers = AS_MASTER;
    const response = await (method === 'GET' ? gateway.fetch(path, { headers }) : post(body('good'), headers, path));
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error', message: expect.stringContaining(message) },
    });
  });

  test.each(['/v1/embeddings', '/v1/responses'])('%s of Anthropic: what would serve is said', async (path) => {
    const before = gateway.provider.callCount('good-up');
    const response = await post({ model: 'good', input: 'hi' }, AS_MASTER, path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining('ask it by POST /v1/chat/completions and POST /v1/messages') },
    });
    expect(gateway.provider.callCount('good-up')).toBe(before);
  });

  test.each(['/v1/messages/', '/v1//messages'])('%s is the same path', async (path) => {
    expect((await post(body('good'), AS_MASTER, path)).status).toBe(200);
  });
});

test('a wildcard serves the model that was asked for', async () => {
  const response = await post(body('claude/any-model'));
  expect(await response.json()).toMatchObject({ model: 'any-model', content: [{ text: TEXT }] });
});

describe('rows of a batch', () => {
  test('are messages, and each has its answer', async () => {
    const openai = gateway.openai({ apiKey: KEY });
    const rows = ['good', 'once', 'bad'].map((model) =>
      JSON.stringify({ custom_id: model, method: 'POST', url: '/v1/messages', body: body(model) }),
    );
    const endpoint = '/v1/messages' as '/v1/responses';
    const batch = await batchEnd(openai, await createBatch(openai, rows.join('\n'), { endpoint }));
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 3, completed: 2, failed: 1 } });
    const answers = await fileLines(openai, batch.output_file_id ?? '');
    expect(answers).toHaveLength(2);
    for (const answer of answers) {
      expect(answer).toMatchObject({ response: { status_code: 200, body: { type: 'message', role: 'assistant' } } });
    }
  });
});

describe.each(FIRST_ATTEMPTS)('with first attempts by the %s', (firstAttempt) => {
  let other: TestGateway;
  beforeAll(async () => {
    other = await openGateway(config({ first_attempt: firstAttempt }), SCRIPT);
  });
  afterAll(() => other.close());

  describe.each(['always', 'on-failure'])('and durability %s', (durability) => {
    test.each([
      ['plain', {}],
      ['streamed', { stream: true }],
    ])('a message, %s', async (_how, more) => {
      const headers = { 'x-api-key': KEY, 'x-holdfast-durability': durability };
      const response = await other.fetch('/v1/messages', { json: body('good', more), headers });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('three.');
    });

    test('a failure of the first attempt is retried, and the call is kept', async () => {
      other.provider.setScript({ ...SCRIPT, 'once-up': '529,ok' });
      const headers = { 'x-api-key': KEY, 'x-holdfast-durability': durability };
      const response = await other.fetch('/v1/messages', { json: body('once'), headers });
      expect(response.headers.get('x-litellm-attempted-retries')).toBe('1');
      const { ledger } = await other.client.handle(response.headers.get('x-holdfast-workflow-id') ?? '').inspect();
      expect(ledger.entries.map(({ outcome, status }) => [outcome, status])).toEqual([
        ['failed', 529],
        ['answered', 200],
      ]);
    });
  });
});
