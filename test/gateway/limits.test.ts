import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_FIELDS } from '../../src/core/common/crowded-json.js';
import { MAX_PAYLOAD_BYTES } from '../../src/core/common/limits.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { group } from '../helpers/holdfast.js';
import { openSocket, rawRequest, readToEnd, sendRaw, type RawAnswer } from '../helpers/raw-http.js';
import { waitFor } from '../helpers/wait-for.js';

const PROMPT = 'a prompt that belongs into no log';
const JSON_TYPE = 'content-type: application/json';
const MODELS = [...group('good'), ...group('slow'), ...group('held'), ...group('stuck')];
const SCRIPT = { 'good-up': 'ok', 'slow-up': 'slow(1.5)', 'held-up': 'held', 'stuck-up': 'hang' };

let gateway: TestGateway;
let slowClients: Promise<RawAnswer[]>;
beforeAll(async () => {
  gateway = await openGateway({ model_list: MODELS }, SCRIPT);
  // They have 20 s, in which the other tests run.
  const halfRequests = ['', 'POST /v1/chat', rawRequest('/v1/models', { method: 'GET' }).slice(0, -2)];
  slowClients = Promise.all(halfRequests.map((text) => sendRaw(gateway.url, text)));
});
afterAll(() => gateway.close());

const chat = (model: string, content = PROMPT) => ({ model, messages: [{ role: 'user', content }] });

describe('a request that is too large', () => {
  test('its body, as it is sent', async () => {
    const before = gateway.provider.callCount();
    const response = await gateway.fetch('/v1/chat/completions', {
      json: chat('good', 'x'.repeat(3 * MAX_PAYLOAD_BYTES)),
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { kind: 'RequestTooLargeError', code: 'request_too_large' } });
    expect(gateway.provider.callCount()).toBe(before);
  });

  test('its body, as it would be kept', async () => {
    const response = await gateway.fetch('/v1/chat/completions', { json: chat('good', 'x'.repeat(MAX_PAYLOAD_BYTES)) });
    expect(response.status).toBe(413);
    expect(await response.text()).toContain(`at most ${MAX_PAYLOAD_BYTES} can be kept`);
  });

  test('not one that is only written with escapes', async () => {
    const body = `{"model":"good","messages":[{"role":"user","content":"${'\\u0430'.repeat(400_000)}"}]}`;
    const headers = { 'content-type': 'application/json' };
    const response = await gateway.fetch('/v1/chat/completions', { method: 'POST', headers, body });
    expect(response.status).toBe(200);
  });

  test('an object in it, before it is made', async () => {
    const metadata = Object.fromEntries(Array.from({ length: MAX_FIELDS + 1 }, (_, index) => [`k${index}`, 1]));
    const response = await gateway.fetch('/v1/chat/completions', { json: { ...chat('good'), metadata } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { kind: 'BadRequestError', message: expect.stringContaining('fields') },
    });
  });

  test('its headers', async () => {
    const { status, text } = await sendRaw(
      gateway.url,
      rawRequest('/v1/models', { method: 'GET', headers: [`x-long: ${'x'.repeat(20_000)}`] }),
    );
    expect(status).toBe(431);
    expect(text).toContain('the headers of the request are too large');
  });
});

describe('a body that is no request', () => {
  test.each<[what: string, headers: string[], body: string, status: number, message: string]>([
    ['no JSON', [JSON_TYPE], '{"model":', 400, 'the body is not valid JSON'],
    ['nothing', [JSON_TYPE, 'content-length: 0'], '', 400, 'the body is empty'],
    ['a list', [JSON_TYPE], '[]', 400, 'expected an object with model and messages'],
    ['a text', [JSON_TYPE], '"hi"', 400, 'expected an object with model and messages'],
    ['null', [JSON_TYPE], 'null', 400, 'expected an object with model and messages'],
    ['a prototype', [JSON_TYPE], '{"__proto__":{"model":"good"}}', 400, 'has a key __proto__'],
    ['packed', [JSON_TYPE, 'content-encoding: gzip'], '\x1f', 415, 'Content-Encoding: \\"gzip\\" is not served here'],
    ['said to be plain', [JSON_TYPE, 'content-encoding: Identity'], '{}', 400, 'model: missing'],
    // What a web page can send to a machine that it was not loaded from, without being asked first.
    ['of a form', ['content-type: text/plain'], JSON.stringify(chat('good')), 415, 'Content-Type: application/json'],
    ['of no type', [], JSON.stringify(chat('good')), 415, 'Content-Type: application/json'],
  ])('%s', async (_, headers, body, status, message) => {
    const before = gateway.provider.callCount();
    const answer = await sendRaw(gateway.url, rawRequest('/v1/chat/completions', { headers, body }));
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(message);
    expect(answer.text).toContain('"type":"invalid_request_error"');
    expect(gateway.provider.callCount()).toBe(before);
  });

  test('a stream of what has none', async () => {
    const json = { model: 'good', input: 'hi', stream: true };
    const response = await gateway.fetch('/v1/embeddings', { json });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('embeddings cannot be streamed');
  });
});

describe('headers that steer a call', () => {
  test('win over the body', async () => {
    const headers = { 'x-litellm-timeout': '0.3', 'x-litellm-num-retries': '0' };
    const response = await gateway.fetch('/v1/chat/completions', { json: { ...chat('stuck'), timeout: 600 }, headers });
    expect(response.status).toBe(408);
  });

  test.each([
    ['x-litellm-timeout', 'soon', 'x-litellm-timeout: expected a number, got \\"soon\\"'],
    ['x-litellm-timeout', '0', 'timeout: expected seconds, more than 0'],
    ['x-litellm-num-retries', '-1', 'x-litellm-num-retries: expected a number'],
    ['x-litellm-num-retries', '1.5', 'num_retries: expected a whole number'],
    ['x-litellm-stream-timeout', '1e9', 'x-litellm-stream-timeout: expected a number'],
  ])('%s: %s is a 400', async (header, value, message) => {
    const response = await gateway.fetch('/v1/chat/completions', { json: chat('good'), headers: { [header]: value } });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(message);
  });

  test("LiteLLM's others are passed over", async () => {
    const headers = { 'x-litellm-tags': 'a,b', 'x-litellm-spend-logs-metadata': '{}', 'x-litellm-end-user-id': 'me' };
    expect((await gateway.fetch('/v1/chat/completions', { json: chat('good'), headers })).status).toBe(200);
  });
});

describe('a request id', () => {
  test.each([
    ['is the client’s own', 'trace-1.2:3', 'trace-1.2:3'],
    ['is made where the client’s cannot stand in a log', 'a b', /^req_/],
    ['is made where the client’s is too long', 'x'.repeat(129), /^req_/],
  ])('%s', async (_, sent, expected) => {
    const response = await gateway.fetch('/health/liveness', { headers: { 'x-request-id': sent } });
    expect(response.headers.get('x-request-id')).toMatch(expected);
  });
});

test('a path that is not there', async () => {
  for (const [path, method] of [
    ['/v1/nowhere', 'GET'],
    ['/v1/chat/completions', 'GET'],
    ['/%zz', 'GET'],
    [`/holdfast/calls/${'x'.repeat(400)}`, 'DELETE'],
  ] as const) {
    const { status, text } = await sendRaw(gateway.url, rawRequest(path, { method }));
    expect([400, 404, 414]).toContain(status);
    expect(text).toContain('"error":{"message":');
  }
});

test('the log tells of each request, and nothing of what it holds', async () => {
  await gateway.fetch('/v1/chat/completions?secret=1', { json: chat('good'), headers: { 'x-request-id': 'logged' } });
  const line = await waitFor(() => gateway.logged.find((text) => text.includes('"requestId":"logged"')));
  expect(JSON.parse(line)).toMatchObject({
    method: 'POST',
    route: '/v1/chat/completions',
    status: 200,
    caller: 'anonymous',
    callId: expect.stringMatching(/^call-/),
    durationMs: expect.any(Number),
  });
  for (const part of [PROMPT, 'Echo', 'secret']) expect(gateway.logged.join()).not.toContain(part);
});

test('more requests at once than there may be: 503, and the client may ask again', async () => {
  const small = await openGateway(
    { model_list: MODELS, general_settings: { global_max_parallel_requests: 2 } },
    SCRIPT,
  );
  const both = [1, 2].map(() => small.fetch('/v1/chat/completions', { json: chat('held') }));
  await waitFor(() => small.provider.callCount('held-up') === 2);
  const response = await small.fetch('/v1/chat/completions', { json: chat('good') });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('1');
  expect(response.headers.get('x-should-retry')).toBe('true');
  expect((await small.fetch('/health/liveness')).status).toBe(200);
  small.provider.release();
  for (const { status } of await Promise.all(both)) expect(status).toBe(200);
  // OpenAI's client asks again by itself, as it was told.
  const [, third] = await Promise.all([
    Promise.all([1, 2].map(() => small.fetch('/v1/chat/completions', { json: chat('slow') }))),
    small
      .openai({ maxRetries: 10 })
      .chat.completions.create({ model: 'good', messages: [{ role: 'user', content: 'hi' }] }),
  ]);
  expect(third.object).toBe('chat.completion');
  await small.close();
});

test('a client that does not get to the end of its headers is told, and its connection closed', async () => {
  for (const { status, text } of await slowClients) {
    expect(status).toBe(408);
    expect(text).toContain('the request did not arrive in time');
  }
});

describe('when the gateway stops', () => {
  test('a call under way is answered, a new request on an open connection is refused, and then it is gone', async () => {
    const stopping = await openGateway({ model_list: MODELS }, SCRIPT, { drainSeconds: 30 });
    const held = stopping.fetch('/v1/chat/completions', { json: chat('held') });
    // A request whose body is still to come.
    const socket = await openSocket(stopping.url);
    socket.write(rawRequest('/v1/models', { method: 'GET' }).slice(0, -2));
    await waitFor(() => stopping.provider.callCount('held-up') === 1);
    const closed = stopping.close();
    socket.write('\r\n');
    const late = await readToEnd(socket);
    expect(late.status).toBe(503);
    expect(late.text).toContain('x-should-retry: true');
    stopping.provider.release();
    expect((await held).status).toBe(200);
    await closed;
    await expect(fetch(`${stopping.url}/health/liveness`)).rejects.toThrow();
  });

  test('what is not answered by the end of the drain is told so', async () => {
    const stopping = await openGateway({ model_list: MODELS }, SCRIPT, { drainSeconds: 0 });
    const plain = stopping.fetch('/v1/chat/completions', { json: chat('stuck') });
    const keyed = stopping.fetch('/v1/chat/completions', {
      json: chat('stuck'),
      headers: { 'idempotency-key': 'kept' },
    });
    await waitFor(() => stopping.provider.callCount('stuck-up') === 2);
    const closed = stopping.close();
    const [cancelled, kept] = await Promise.all([plain, keyed]);
    expect([cancelled.status, kept.status]).toEqual([503, 503]);
    expect(cancelled.headers.get('x-should-retry')).toBe('false');
    expect(await cancelled.text()).toContain('was cancelled');
    expect(kept.headers.get('x-should-retry')).toBe('true');
    expect(kept.headers.get('x-holdfast-workflow-id')).toMatch(/^call-/);
    expect(await kept.text()).toContain('goes on. Send the same request with the same Idempotency-Key again');
    await closed;
  });
});
