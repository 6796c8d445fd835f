import { afterAll, beforeAll, expect, test } from 'vitest';
import { historyText } from '../helpers/call-history.js';
import { testKey } from '../helpers/encryption.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const config = (...ids: string[]) => ({
  model_list: [...group('good'), ...group('flaky'), ...group('bad'), ...group('streams')],
  router_settings: { ...FAST, num_retries: 1 },
  encryption: { keys: ids.map(testKey) },
});

const refusal = { body: { error: { message: 'planted refusal' } } };

const SCRIPT = {
  'good-up': [{ content: 'planted answer' }],
  'flaky-up': [{ status: 500, ...refusal }, { content: 'planted answer' }],
  'bad-up': [{ status: 400, ...refusal }],
  'streams-up': [{ sse: ['planted ', 'answer'] }],
};

let gateway: TestGateway;
let other: TestGateway;
beforeAll(async () => {
  [gateway, other] = await Promise.all([openGateway(config('one'), SCRIPT), openGateway(config('two'), SCRIPT)]);
});
afterAll(() => Promise.all([gateway.close(), other.close()]));

const ask = (model: string, more: object = {}, headers = {}) =>
  gateway.fetch('/v1/chat/completions', {
    json: { model, messages: [{ role: 'user', content: 'planted prompt' }], ...more },
    headers,
  });

const callIdOf = (response: Response): string => response.headers.get('x-holdfast-workflow-id') ?? '';

test.each<[string, string, object, number, string]>([
  ['the first task', 'good', {}, 200, 'planted answer'],
  ['an activity', 'flaky', {}, 200, 'planted answer'],
  ['a failure', 'bad', {}, 400, 'planted refusal'],
  ['a model that nobody has', 'planted model', {}, 404, 'planted model'],
  ['a stream', 'streams', { stream: true }, 200, 'planted '],
])(
  'a call that ends with %s leaves nothing of what was said in its history, and nothing in the log',
  async (_end, model, more, status, text) => {
    const response = await ask(model, more);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(text);
    const callId = callIdOf(response);
    const history = await historyText(callId);
    expect(history).toContain('encryption-key-id');
    expect(history.match(/planted/g)).toBeNull();
    expect(gateway.logged.filter((line) => line.includes('planted'))).toEqual([]);
    expect(await (await gateway.fetch(`/holdfast/calls/${callId}`)).text()).toContain('planted');
  },
);

test('a request that is refused, whose answer may quote it, leaves nothing in the log', async () => {
  const refused = [
    ask('good', { timeout: 'planted' }),
    ask('good', { fallbacks: [{ model: 'good', planted: 'planted', num_retries: 'planted' }] }),
    ask('good', {}, { 'x-holdfast-durability': 'planted' }),
    gateway.fetch('/v1/chat/completions?planted', {
      method: 'POST',
      body: '{"planted',
      headers: { 'content-type': 'application/json' },
    }),
    gateway.fetch('/v1/planted', { json: {} }),
    gateway.fetch('/v1/files/planted'),
    gateway.fetch('/holdfast/calls/planted'),
  ];
  for (const response of await Promise.all(refused)) {
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(502);
    await response.text();
  }
  await waitFor(() => gateway.logged.filter((line) => line.includes('"request"')).length >= refused.length);
  expect(gateway.logged.filter((line) => line.includes('planted'))).toEqual([]);
});

test('a gateway that has no key for a call says which it is, and keeps the call', async () => {
  const callId = callIdOf(await ask('good'));
  const response = await other.fetch(`/holdfast/calls/${callId}`);
  expect(response.status).toBe(503);
  expect(response.headers.get('x-should-retry')).toBe('false');
  const message = expect.stringContaining('under the key "one"') as string;
  expect(await response.json()).toMatchObject({ error: { kind: 'ServiceUnavailableError', message } });
  expect(other.logged.some((line) => line.includes('add it to encryption.keys'))).toBe(true);
});
