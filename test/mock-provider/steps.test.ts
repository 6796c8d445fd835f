import { describe, expect, test } from 'vitest';
import type { Step } from '../../src/mock-provider/index.js';
import { waitFor } from '../helpers/wait-for.js';
import { chat, post, providerStarter, readBroken } from './helpers.js';

const start = providerStarter();

describe('a step answers', () => {
  const cases: [what: string, step: Step, status: number, body: unknown][] = [
    ['by default with an echo', {}, 200, good('Echo: hi')],
    ['with its content', { content: 'there' }, 200, good('there')],
    ['with its finish reason', { content: '', finish_reason: 'content_filter' }, 200, good('', 'content_filter')],
    ['with content of a size', { large: 100_000 }, 200, good('x'.repeat(100_000))],
    ['with the text of a stream, when none was asked for', { sse: ['a', 'b'], then: 'reset' }, 200, good('ab')],
    ['with its error', { status: 418, error: { message: 'teapot' } }, 418, { error: { message: 'teapot' } }],
    ['with 500 for an error without a status', { error: { message: 'x' } }, 500, { error: { message: 'x' } }],
    ['with a named error and its status', { error: 'context' }, 400, failed('context_length_exceeded')],
    ['with a named error in a 200', { status: 200, error: 'quota' }, 200, failed('insufficient_quota')],
    ['with the usual body of a status', { status: 429 }, 429, failed('rate_limit_exceeded')],
    ['with some body for a rare status', { status: 507 }, 507, { error: { message: 'Insufficient Storage' } }],
    ['with its body', { body: { choices: [] } }, 200, { choices: [] }],
    ['in pieces', { drip: [5, 0.001] }, 200, good('Echo: hi')],
    ['after a delay', { delay: 0.01, status: 500 }, 500, failed(null)],
  ];
  test.each(cases)('%s', async (_, step, status, body) => {
    const provider = await start({ script: { a: [step] } });
    const answered = await chat(provider, 'a');
    expect(answered.status).toBe(status);
    expect(answered.json).toMatchObject(body as object);
    expect(answered.headers.get('x-request-id')).toBe('req_mock_1');
    expect(answered.headers.get('content-type')).toBe('application/json');
  });
});

test('raw text is sent as it is, with its content type', async () => {
  const provider = await start({
    script: { a: [{ status: 502, raw: '<html>', headers: { 'Content-Type': 'text/html' } }], b: [{ raw: '' }] },
  });
  const html = await chat(provider, 'a');
  expect([html.status, html.text, html.headers.get('content-type')]).toEqual([502, '<html>', 'text/html']);
  expect(await chat(provider, 'b')).toMatchObject({ status: 200, text: '' });
});

test('a header of @date+3 is the date 3 s ahead', async () => {
  const provider = await start({ script: { a: [{ status: 503, headers: { 'retry-after': '@date+3' } }] } });
  const before = Date.now();
  const { headers } = await chat(provider, 'a');
  const aheadMs = Date.parse(headers.get('retry-after') ?? '') - before;
  expect(aheadMs).toBeGreaterThanOrEqual(2000);
  expect(aheadMs).toBeLessThanOrEqual(3000 + (Date.now() - before));
});

test('a reset comes before any response', async () => {
  const provider = await start({ script: { a: [{ reset: true }] } });
  const failure: unknown = await chat(provider, 'a').catch((error: unknown) => error);
  expect(failure).toMatchObject({ cause: { code: 'ECONNRESET' } });
});

test('a cut answer has its status, its whole length and half its body', async () => {
  const provider = await start({ script: { a: [{ cut: true, content: 'ok' }], b: [{ content: 'ok' }] } });
  const response = await fetch(`${provider.url}/v1/chat/completions`, { method: 'POST', body: request('a') });
  const { text, isBroken } = await readBroken(response);
  const whole = (await chat(provider, 'b')).text;
  expect(response.status).toBe(200);
  expect(Number(response.headers.get('content-length'))).toBe(whole.length);
  expect(isBroken).toBe(true);
  expect(text).toHaveLength(Math.floor(whole.length / 2));
});

test('a hanging request is open until the client leaves', async () => {
  const provider = await start({ script: { a: [{ hang: true }] } });
  const hanging = post(`${provider.url}/v1/chat/completions`, request('a'), { signal: AbortSignal.timeout(50) });
  await expect(hanging).rejects.toThrow(/timeout/);
});

test('what is held comes when the provider is told so', async () => {
  const provider = await start({ script: { a: 'held', b: [{ error: '429', hold: true }] } });
  const held = [chat(provider, 'a'), chat(provider, 'b'), chat(provider, 'a')];
  await waitFor(() => provider.callCount() === 3);
  expect((await chat(provider, '500')).status).toBe(500);
  await post(`${provider.url}/mock/release`, {});
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 429, 200]);
});

test('a drip takes its pauses', async () => {
  const provider = await start({ script: { a: [{ drip: [4, 0.05] }] } });
  const before = performance.now();
  await chat(provider, 'a');
  expect(performance.now() - before).toBeGreaterThanOrEqual(190);
});

test.each<[string, Step, number]>([
  ['latency is waited before every answer', {}, 95],
  ['a delay takes the place of latency', { delay: 0.2 }, 195],
])('%s', async (_, step, atLeastMs) => {
  const provider = await start({ latencyMs: 100, script: { a: [step] } });
  const before = performance.now();
  await chat(provider, 'a');
  expect(performance.now() - before).toBeGreaterThanOrEqual(atLeastMs);
});

describe('the order of steps', () => {
  const statuses = async (provider: Awaited<ReturnType<typeof start>>, model: string, prompts: string[]) => {
    const seen: number[] = [];
    for (const prompt of prompts) seen.push((await chat(provider, model, prompt)).status);
    return seen;
  };

  test('under a script a model goes through its steps once, whatever the prompts; the last repeats', async () => {
    const provider = await start({ script: { a: [{ status: 500 }, { status: 429 }, {}], b: '503,ok' } });
    expect(await statuses(provider, 'a', ['x', 'y', 'x', 'y'])).toEqual([500, 429, 200, 200]);
    expect(await statuses(provider, 'b', ['x', 'y'])).toEqual([503, 200]);
  });

  test('under a fault name each prompt goes through the steps', async () => {
    const provider = await start();
    expect(await statuses(provider, '429x2,ok', ['x', 'y', 'x', 'x', 'y', 'y'])).toEqual([
      429, 429, 429, 200, 429, 200,
    ]);
  });

  test('a script hides a fault name', async () => {
    const provider = await start({ script: { '500': [{}] } });
    expect(await statuses(provider, '500', ['x'])).toEqual([200]);
  });

  test('a reset and a new script both start again', async () => {
    const provider = await start({ script: { a: '500,ok' } });
    expect(await statuses(provider, 'a', ['x', 'x'])).toEqual([500, 200]);
    provider.reset();
    expect(await statuses(provider, 'a', ['x', 'x'])).toEqual([500, 200]);
    provider.setScript({ a: '503,ok' });
    expect(await statuses(provider, 'a', ['x', 'x'])).toEqual([503, 200]);
  });

  test('a name outside the grammar is a good model', async () => {
    expect(await statuses(await start(), 'gpt-4o-mini', ['x'])).toEqual([200]);
  });
});

function request(model: string): string {
  return JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] });
}

function good(content: string, finish = 'stop') {
  return {
    object: 'chat.completion',
    model: 'a',
    choices: [{ message: { role: 'assistant', content }, finish_reason: finish }],
    usage: { total_tokens: expect.any(Number) as number },
  };
}

function failed(code: string | null) {
  return { error: { message: expect.any(String) as string, code } };
}
