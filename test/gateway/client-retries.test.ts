import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway(
    {
      model_list: [...group('held'), ...group('silent'), ...group('down'), ...group('wrong')],
      router_settings: { ...FAST, num_retries: 1 },
      general_settings: {
        exhausted_call_status: 400,
        forward_client_headers_to_llm_api: ['traceparent', 'X-Title'],
      },
    },
    {
      'held-up': [{ content: 'late', hold: true }],
      'silent-up': [{ hang: true }],
      'down-up': [{ status: 503 }],
      'wrong-up': [{ status: 404 }],
    },
  );
});
afterAll(() => gateway.close());

let count = 0;
/** No two tests ask for the same. */
const ask = (model: string) => ({ model, messages: [{ role: 'user' as const, content: `Question ${count++}` }] });

describe("a client's own time-out that passes while its call waits", () => {
  test('its retries join the call: the provider is asked once', async () => {
    let requests = 0;
    const openai = gateway.openai({
      timeout: 1500,
      maxRetries: 20,
      fetch: (...request) => {
        requests += 1;
        return fetch(...request);
      },
    });
    const asked = openai.chat.completions.create(ask('held'));
    await waitFor(() => requests > 1 && gateway.provider.callCount('held-up') > 0);
    gateway.provider.release();
    const answer = await asked;
    expect(answer.choices[0]?.message.content).toBe('late');
    expect(gateway.provider.callCount('held-up')).toBe(1);
  });

  test('a retry of another request, or of another caller, joins nothing', TIMED, async () => {
    const before = gateway.provider.callCount('silent-up');
    const openai = gateway.openai({ timeout: 2000, maxRetries: 0 });
    await expect(openai.chat.completions.create(ask('silent'))).rejects.toThrow('timed out');
    const headers = { 'x-stainless-retry-count': '1' };
    await expect(openai.chat.completions.create(ask('silent'), { headers })).rejects.toThrow('timed out');
    expect(gateway.provider.callCount('silent-up')).toBe(before + 2);
  });

  test('nobody comes back: it is cancelled after a moment', TIMED, async () => {
    const before = gateway.provider.callCount('silent-up');
    const openai = gateway.openai({ timeout: 2000, maxRetries: 0 });
    await expect(openai.chat.completions.create(ask('silent'))).rejects.toThrow('timed out');
    expect(gateway.provider.callCount('silent-up')).toBe(before + 1);
    expect(gateway.provider.requestsFor('silent-up').at(-1)?.abortedAt).toBeUndefined();
    await waitFor(() => gateway.provider.requestsFor('silent-up').at(-1)?.abortedAt);
  });

  test('a client that gives up before: it is cancelled at once', TIMED, async () => {
    const before = gateway.provider.callCount('silent-up');
    const user = new AbortController();
    const options = { signal: user.signal, timeout: 60_000 };
    const asked = gateway.openai().chat.completions.create(ask('silent'), options);
    await waitFor(() => gateway.provider.callCount('silent-up') > before);
    const leftMs = performance.now();
    user.abort();
    await expect(asked).rejects.toThrow('aborted');
    await waitFor(() => gateway.provider.requestsFor('silent-up').at(-1)?.abortedAt);
    expect(performance.now() - leftMs).toBeLessThan(4500);
  });

  test('a stream that has begun is not sent again: it is cancelled at once', TIMED, async () => {
    const before = gateway.provider.callCount('silent-up');
    const user = new AbortController();
    const asked = { ...ask('silent'), stream: true as const };
    await gateway.openai().chat.completions.create(asked, { signal: user.signal });
    expect(gateway.provider.callCount('silent-up')).toBe(before + 1);
    const leftMs = performance.now();
    user.abort();
    await waitFor(() => gateway.provider.requestsFor('silent-up').at(-1)?.abortedAt);
    expect(performance.now() - leftMs).toBeLessThan(4500);
  });
});

test('exhausted_call_status: a call that made its retries has a status that no client retries', async () => {
  const response = await gateway.fetch('/v1/chat/completions', { json: ask('down') });
  expect([response.status, response.headers.get('x-holdfast-status')]).toEqual([400, '503']);
  expect(await response.json()).toMatchObject({ error: { kind: 'ServiceUnavailableError' } });
  const unknown = await gateway.fetch('/v1/chat/completions', { json: ask('wrong') });
  expect([unknown.status, unknown.headers.has('x-holdfast-status')]).toEqual([404, false]);
});

test('headers of the caller that the config names go to the provider, with each attempt', async () => {
  const received: unknown[] = [];
  const upstream = createServer((request, response) => {
    const { traceparent, 'x-title': title, 'x-other': other } = request.headers;
    received.push([traceparent, title, other]);
    request.resume();
    response.writeHead(500).end();
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const { port } = upstream.address() as AddressInfo;
  const params = {
    model: 'openai/m',
    api_base: `http://127.0.0.1:${port}/v1`,
    api_key: 'x',
    extra_headers: { 'X-TITLE': 'of the deployment' },
  };
  const own = await openGateway({
    model_list: [{ model_name: 'm', litellm_params: params }],
    router_settings: { ...FAST, num_retries: 1 },
    general_settings: { forward_client_headers_to_llm_api: true },
  });
  try {
    const headers = { traceparent: '00-1', 'x-title': 'of the caller', 'x-other': 'yes' };
    await own.fetch('/v1/chat/completions', { json: ask('m'), headers });
    const seen = [undefined, 'of the deployment', 'yes'];
    expect(received).toEqual([seen, seen]);
  } finally {
    await own.close();
    upstream.closeAllConnections();
    upstream.close();
  }
});
