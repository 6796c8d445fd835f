import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Step } from '../../src/mock-provider/index.js';
import { sha256 } from '../../src/config/settings/read-gateway.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { readEvents } from '../helpers/sse.js';
import { TIMED } from '../helpers/timed.js';

const headers = {
  'x-ratelimit-limit-requests': '5000',
  'x-ratelimit-limit-tokens': '4000000',
  'openai-processing-ms': '12',
  'x-ratelimit-limit': '77',
  'x-request-id': 'req_provider',
  'x-internal': 'nobody',
};
const ok: Step = { sse: ['one ', 'two'], headers };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway(
    {
      model_list: [...group('m'), ...group('limited'), ...group('late')],
      router_settings: { ...FAST, num_retries: 1 },
      general_settings: {
        master_key: 'sk-master',
        api_keys: [{ id: 'slow', sha256: sha256('sk-slow'), rpm_limit: 600 }],
      },
    },
    {
      'm-up': [{ status: 500, headers: { 'x-ratelimit-limit-requests': '1' } }, { headers }, ok, ok, ok],
      'limited-up': [{ status: 429, headers: { ...headers, 'retry-after': '0' } }],
      'late-up': [{ ...ok, delay: 1.5 }],
    },
  );
});
afterAll(() => gateway.close());

const ask = (model: string, more: object = {}, key = 'sk-master') =>
  gateway.fetch('/v1/chat/completions', {
    json: { model, messages: [{ role: 'user', content: 'hi' }], ...more },
    headers: { authorization: `Bearer ${key}` },
  });

const EXPECTED = {
  'x-ratelimit-limit-requests': '5000',
  'llm_provider-x-ratelimit-limit-requests': '5000',
  'x-ratelimit-limit-tokens': '4000000',
  'openai-processing-ms': '12',
  'llm_provider-openai-processing-ms': '12',
  'llm_provider-x-request-id': 'req_provider',
};

const seen = (response: Response) => Object.fromEntries(response.headers);

test("the limits and ids of the provider's answer reach the client; the gateway's own id stays", async () => {
  const response = await ask('m');
  expect(seen(response)).toMatchObject({ ...EXPECTED, 'x-litellm-attempted-retries': '1' });
  expect(response.headers.get('x-request-id')).toMatch(/^req_[\da-f]{8}-/);
  expect(response.headers.has('x-internal')).toBe(false);
  const { report } = (await (
    await gateway.fetch(`/holdfast/calls/${response.headers.get('x-holdfast-workflow-id')}`, {
      headers: { authorization: 'Bearer sk-master' },
    })
  ).json()) as { report: object };
  expect(report).toMatchObject({ providerHeaders: { 'openai-processing-ms': '12' } });
});

test('of a stream, which begins with the first content', TIMED, async () => {
  const response = await ask('m', { stream: true });
  const { events } = await readEvents(response);
  expect(seen(response)).toMatchObject(EXPECTED);
  expect(JSON.parse(events.at(-2)?.data ?? '')).toMatchObject({ holdfast: EXPECTED });
});

test('of a stream whose first content is late: in its last chunk', TIMED, async () => {
  const response = await ask('late', { stream: true });
  const { events } = await readEvents(response);
  expect(response.headers.has('x-ratelimit-limit-requests')).toBe(false);
  expect(JSON.parse(events.at(-2)?.data ?? '')).toMatchObject({ holdfast: EXPECTED });
});

test('of the error that ended the call', async () => {
  const response = await ask('limited');
  expect([response.status, response.headers.get('x-should-retry')]).toEqual([429, 'false']);
  expect(seen(response)).toMatchObject(EXPECTED);
});

test("a limit of the caller's own key goes before one of the provider by the same name", async () => {
  const response = await ask('m', {}, 'sk-slow');
  expect(seen(response)).toMatchObject({ 'x-ratelimit-limit': '600', 'llm_provider-x-ratelimit-limit': '77' });
});
