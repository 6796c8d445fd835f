import { describe, expect, test } from 'vitest';
import { startMockProvider } from '../../src/mock-provider/index.js';
import { waitFor } from '../helpers/wait-for.js';
import { chat, post, providerStarter } from './helpers.js';

const start = providerStarter();
const messages = [{ role: 'user', content: 'hi' }];

describe('the journal', () => {
  test('has each request as it was received', async () => {
    const provider = await start({ script: { a: '503' } });
    const before = Date.now();
    const headers = { authorization: 'Bearer sk-secret', 'x-mine': '1' };
    await post(`${provider.url}/v1/chat/completions?x=1`, { model: 'a', messages }, { headers });
    await chat(provider, 'b');
    await waitFor(() => provider.requests[1]?.finishedAt);
    const [first] = provider.requestsFor('a');
    expect(first).toMatchObject({
      id: 'req_mock_1',
      method: 'POST',
      path: '/v1/chat/completions?x=1',
      model: 'a',
      body: { model: 'a', messages },
      headers,
      status: 503,
    });
    expect(first?.receivedAt).toBeGreaterThanOrEqual(before);
    expect(first?.finishedAt).toBeGreaterThanOrEqual(first?.receivedAt ?? Infinity);
    expect(first).not.toHaveProperty('abortedAt');
    expect(provider.requests.map((request) => request.model)).toEqual(['a', 'b']);
  });

  test.each(['hang', 'slow(600)', 'drip(600)', 'stream-hang'])(
    'notes a client that leaves during %s',
    async (model) => {
      const provider = await start();
      const leave = new AbortController();
      const init = { signal: leave.signal };
      const call = post(`${provider.url}/v1/chat/completions`, { model, messages, stream: true }, init);
      await waitFor(() => provider.requests.length === 1);
      leave.abort();
      await expect(call).rejects.toThrow();
      await waitFor(() => provider.requests[0]?.abortedAt);
      expect(provider.requests[0]).not.toHaveProperty('finishedAt');
    },
  );

  test('does not take its own reset for a client that left', async () => {
    const provider = await start();
    await expect(chat(provider, 'reset')).rejects.toThrow();
    expect(provider.requests[0]?.finishedAt).toBeDefined();
    await chat(provider, 'ok');
    expect(provider.requests[0]).not.toHaveProperty('abortedAt');
    expect(provider.requests[0]).not.toHaveProperty('status');
  });

  test('keeps only counts when it is off', async () => {
    const provider = await start({ journal: false });
    await chat(provider, 'a');
    await chat(provider, 'a');
    await chat(provider, 'b');
    expect(provider.requests).toEqual([]);
    expect([provider.callCount('a'), provider.callCount('c'), provider.callCount()]).toEqual([2, 0, 3]);
  });

  test('is shown without keys, and emptied, over HTTP', async () => {
    const provider = await start();
    const headers = { authorization: 'Bearer sk-secret', 'api-key': 'azure-secret' };
    await post(`${provider.url}/v1/chat/completions`, { model: 'a', messages }, { headers });
    const shown = await (await fetch(`${provider.url}/mock/requests`)).text();
    expect(shown).not.toContain('secret');
    expect(JSON.parse(shown)).toMatchObject({
      total: 1,
      counts: { a: 1 },
      requests: [{ model: 'a', headers: { authorization: '***', 'api-key': '***' } }],
    });
    expect((await post(`${provider.url}/mock/reset`, {})).status).toBe(200);
    expect(provider.requests).toEqual([]);
    expect(provider.callCount()).toBe(0);
  });
});

describe('the answer', () => {
  test.each<[what: string, messages: unknown[], content: string]>([
    ['is the last user message', [{ role: 'user', content: 'a' }, ...messages, { role: 'tool', content: 't' }], 'hi'],
    ['is its text parts', [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'image_url' }] }], 'a'],
    ['is cut at 200 characters', [{ role: 'user', content: 'y'.repeat(300) }], 'y'.repeat(200)],
    ['is empty without messages', [], ''],
  ])('%s', async (_, list, content) => {
    const provider = await start();
    const answered = await post(`${provider.url}/v1/chat/completions`, { model: 'm', messages: list });
    expect(answered.json).toMatchObject({ choices: [{ message: { content: `Echo: ${content}` } }] });
  });

  test('may be given by a function', async () => {
    const provider = await start({ answer: (body) => `for ${String(body['model'])}` });
    expect((await chat(provider, 'm')).json).toMatchObject({ choices: [{ message: { content: 'for m' } }] });
  });

  test('of a function that throws is a 500 with its message', async () => {
    const provider = await start({
      answer: () => {
        throw new Error('no answer');
      },
    });
    const answered = await chat(provider, 'm');
    expect(answered.status).toBe(500);
    expect(answered.json).toMatchObject({ error: { message: 'mock provider: no answer' } });
  });
});

describe('closing', () => {
  test('ends hanging requests at once, and may be done twice', async () => {
    const provider = await startMockProvider();
    const calls = ['hang', 'slow(600)', 'stream-hang'].map((model) => chat(provider, model, 'hi', { stream: true }));
    const settled = Promise.allSettled(calls);
    await waitFor(() => provider.requests.length === 3);
    await Promise.all([provider.close(), provider.close()]);
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(provider.requests.some((request) => request.abortedAt !== undefined)).toBe(false);
    await expect(chat(provider, 'ok')).rejects.toThrow();
  });

  test('frees the port, which may then be asked for', async () => {
    const first = await startMockProvider();
    await first.close();
    const second = await start({ port: first.port });
    expect(second.url).toBe(first.url);
  });

  test('a port in use is an error', async () => {
    const provider = await start();
    await expect(startMockProvider({ port: provider.port })).rejects.toThrow(/EADDRINUSE/);
  });
});
