import { afterAll, beforeAll, expect, test } from 'vitest';
import { JSONSchemaValidationError } from '../../src/client.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { readEvents } from '../helpers/sse.js';

const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway(
    {
      model_list: ['second', 'never', 'strict', 'spare', 'streamed'].flatMap((name) => group(name)),
      litellm_settings: { enable_json_schema_validation: true },
      router_settings: {
        ...FAST,
        num_retries: 2,
        model_group_retry_policy: { strict: { DefaultRetries: 0 } },
        fallbacks: [{ strict: ['spare'] }],
      },
    },
    {
      'second-up': [{ content: 'n is 4' }, { content: '{"n": "4"}' }, { content: '{"n": 4}' }],
      'never-up': [{ content: '{}' }],
      'strict-up': [{ content: '{}' }],
      'spare-up': [{ content: '{"n": 5}' }],
      'streamed-up': [{ sse: ['{"n"', ': "4"}'], hold: true }],
    },
  );
});
afterAll(() => gateway.close());

const asked = (model: string, more: object = {}) => ({
  model,
  messages: [{ role: 'user' as const, content: `${model} n?` }],
  response_format: { type: 'json_schema' as const, json_schema: { name: 'n', schema: SCHEMA } },
  ...more,
});

test('an answer that does not fit is retried, and the tokens of all attempts are counted', async () => {
  const { response, report } = await gateway.client.execute(asked('second', { validate_schema: true }));
  expect(response.choices[0]?.message.content).toBe('{"n": 4}');
  expect(report.ledger.entries).toMatchObject([
    { kind: 'JSONSchemaValidationError', status: 502, message: expect.stringContaining('no JSON') },
    { kind: 'JSONSchemaValidationError', message: expect.stringContaining('at /n: must be integer (type)') },
    { outcome: 'answered' },
  ]);
  const charged = report.ledger.entries.map(({ tokens }) => tokens?.total ?? 0);
  expect(Math.min(...charged)).toBeGreaterThan(0);
  expect(report.tokens.total).toBe(charged.reduce((sum, each) => sum + each, 0));
  expect(gateway.provider.callCount('second-up')).toBe(3);
  expect(gateway.provider.requestsFor('second-up')[0]?.body).not.toHaveProperty('validate_schema');
});

test("one that never does is an error of its own kind, for OpenAI's clients and for the typed one", async () => {
  const openai = gateway.openai({ maxRetries: 0 });
  await expect(openai.chat.completions.create(asked('never'))).rejects.toMatchObject({
    status: 502,
    type: 'server_error',
    error: { kind: 'JSONSchemaValidationError' },
  });
  expect(gateway.provider.callCount('never-up')).toBe(3);
  await expect(gateway.client.execute(asked('never'))).rejects.toBeInstanceOf(JSONSchemaValidationError);
  expect(gateway.provider.callCount('never-up')).toBe(6);
});

test('DefaultRetries is its budget, and fallbacks follow', async () => {
  const response = await gateway.fetch('/v1/chat/completions', { json: asked('strict') });
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: '{"n": 5}' } }] });
  expect(response.headers.get('x-litellm-attempted-fallbacks')).toBe('1');
  expect(gateway.provider.callCount('strict-up')).toBe(1);
});

test('a request may do without', async () => {
  const before = gateway.provider.callCount('never-up');
  const response = await gateway.fetch('/v1/chat/completions', { json: asked('never', { validate_schema: false }) });
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: '{}' } }] });
  expect(gateway.provider.callCount('never-up') - before).toBe(1);
});

test('a stream has an honest end: it was passed on when it was judged', async () => {
  const response = await gateway.fetch('/v1/chat/completions', { json: asked('streamed', { stream: true }) });
  // What nobody has read is taken back.
  const { text, events } = await readEvents(response, ({ data }) => {
    if (data.includes('content')) gateway.provider.release();
  });
  expect(JSON.parse(events.at(-1)!.data)).toMatchObject({ error: { kind: 'JSONSchemaValidationError' } });
  expect(text).not.toContain('[DONE]');
  expect(gateway.provider.callCount('streamed-up')).toBe(1);
});

test('a schema that cannot be used is a wrong request: no provider is asked', async () => {
  const wrong = { type: 'json_schema', json_schema: { name: 'n', schema: { $ref: 'https://example.com/n.json' } } };
  const before = gateway.provider.callCount();
  const response = await gateway.fetch('/v1/chat/completions', { json: asked('never', { response_format: wrong }) });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { kind: 'BadRequestError', message: expect.stringContaining("can't resolve reference") },
  });
  expect(gateway.provider.callCount()).toBe(before);
});
