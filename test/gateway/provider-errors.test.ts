import { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallError } from '../../src/client.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group, PLANTED_KEY } from '../helpers/holdfast.js';
import { readEvents } from '../helpers/sse.js';

const leaky = { message: 'no', code: `bad ${PLANTED_KEY}`, param: PLANTED_KEY };

let gateway: TestGateway;
beforeAll(async () => {
  const models = ['quota', '404', '400', 'auth', 'context', '500', 'leaky', 'late', 'number'];
  const config = { model_list: models.flatMap((name) => group(name)), router_settings: { ...FAST, num_retries: 0 } };
  gateway = await openGateway(config, {
    ...Object.fromEntries(models.slice(0, 6).map((name) => [`${name}-up`, name])),
    'leaky-up': [{ status: 400, body: { error: leaky } }],
    'late-up': [{ hold: true, error: 'quota' }],
    'number-up': [{ status: 400, body: { error: { message: 'prompt is too long: 9 tokens', code: '400' } } }],
  });
});
afterAll(() => gateway.close());

const json = (model: string, more: object = {}) => ({ model, messages: [{ role: 'user', content: 'hi' }], ...more });

describe("the provider's own words for an error reach OpenAI's clients", () => {
  test.each<[model: string, type: string, code: string | null, param: string | null]>([
    ['quota', 'insufficient_quota', 'insufficient_quota', null],
    ['404', 'invalid_request_error', 'model_not_found', null],
    ['400', 'invalid_request_error', 'decimal_above_max_value', 'temperature'],
    ['auth', 'authentication_error', 'invalid_api_key', null],
    ['context', 'invalid_request_error', 'context_length_exceeded', 'messages'],
    // Where it has none, or a number, the kind's.
    ['500', 'server_error', null, null],
    ['number', 'invalid_request_error', 'context_length_exceeded', null],
  ])('%s', async (model, type, code, param) => {
    const openai = gateway.openai();
    const asked = openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'hi' }] });
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ type, code, param });
  });
});

test('they are in the error of the typed client, too', async () => {
  const asked = gateway.client.execute({ model: '400', messages: [{ role: 'user', content: 'hi' }] });
  const error: unknown = await asked.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CallError);
  expect(error).toMatchObject({ code: 'decimal_above_max_value', param: 'temperature' });
});

test('and in the last event of a stream that had begun', async () => {
  const response = await gateway.fetch('/v1/chat/completions', { json: json('late', { stream: true }) });
  expect(response.status).toBe(200);
  gateway.provider.release();
  const { events } = await readEvents(response);
  expect(JSON.parse(events.at(-1)!.data)).toMatchObject({
    error: { type: 'insufficient_quota', code: 'insufficient_quota', status: 429 },
  });
});

test('a key in them is masked, at the gateway and in the history', async () => {
  const response = await gateway.fetch('/v1/chat/completions', { json: json('leaky') });
  const { error } = (await response.json()) as { error: object };
  expect(error).toMatchObject({ code: 'bad [redacted]', param: '[redacted]' });
  const id = response.headers.get('x-holdfast-workflow-id') ?? '';
  const looked = await (await gateway.fetch(`/holdfast/calls/${id}`)).json();
  expect(looked).toMatchObject({ error });
  expect(JSON.stringify(looked)).not.toContain(PLANTED_KEY);
});
