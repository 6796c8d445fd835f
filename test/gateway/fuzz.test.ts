import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../src/core/common/operations.js';
import { SETTING_KEYS } from '../../src/core/plan/request.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { group } from '../helpers/holdfast.js';
import { openSocket, rawRequest, readToEnd, sendRaw, type RawAnswer } from '../helpers/raw-http.js';

const RUNS = 150;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway({ model_list: group('good') }, { 'good-up': 'ok' });
});
afterAll(() => gateway.close());

afterEach(async () => {
  // Whatever came in, it lives and serves.
  const response = await gateway.fetch('/v1/chat/completions', {
    json: { model: 'good', messages: [{ role: 'user', content: 'hi' }] },
  });
  expect(response.status).toBe(200);
  expect(gateway.logged.filter((line) => line.includes('failed unexpectedly'))).toEqual([]);
});

/** An answer that tells the client what it did wrong; or an answer, where by chance it did nothing wrong. */
function isClear({ status, text }: RawAnswer): void {
  expect(status, text).not.toBeNull();
  if (status === 200) return;
  expect(status, text).toBeGreaterThanOrEqual(400);
  expect(status, text).toBeLessThan(500);
  const { error } = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as { error: Record<string, unknown> };
  expect(error['message']).toEqual(expect.stringMatching(/\w{3}/));
  expect(error).toMatchObject({ type: expect.any(String), param: null, kind: expect.any(String) });
}

const routes = fc.constantFrom(...Object.values(OPERATIONS).flatMap(({ path }) => [`/v1${path}`, path]));
const post = (path: string, body: string, headers: readonly string[] = []) =>
  sendRaw(gateway.url, rawRequest(path, { headers: ['content-type: application/json', ...headers], body }));

describe('bodies', () => {
  test('anything that is JSON', async () => {
    await fc.assert(
      fc.asyncProperty(routes, fc.json(), async (path, body) => isClear(await post(path, body))),
      { numRuns: RUNS },
    );
  });

  test('objects with the fields of a request, and anything in them', async () => {
    const fields = ['model', 'stream', ...SETTING_KEYS, ...Object.values(OPERATIONS).map(({ prompt }) => prompt)];
    const request = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue(), { maxKeys: 6 });
    await fc.assert(
      fc.asyncProperty(routes, request, async (path, body) => isClear(await post(path, JSON.stringify(body)))),
      { numRuns: RUNS },
    );
  });

  test('good requests with a setting that may be anything', async () => {
    const setting = fc.tuple(fc.constantFrom(...SETTING_KEYS), fc.jsonValue());
    const property = fc.asyncProperty(setting, async ([key, value]) => {
      const body = { model: 'good', messages: [{ role: 'user', content: 'hi' }], timeout: 20, [key]: value };
      isClear(await post('/v1/chat/completions', JSON.stringify(body)));
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test('bytes', async () => {
    const property = fc.asyncProperty(routes, fc.uint8Array({ minLength: 1, maxLength: 300 }), async (path, bytes) => {
      const head = rawRequest(path, { headers: ['content-type: application/json', `content-length: ${bytes.length}`] });
      isClear(await sendRaw(gateway.url, Buffer.concat([Buffer.from(head), bytes])));
    });
    await fc.assert(property, { numRuns: RUNS });
  });

  test('deeply nested', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    isClear(await post('/v1/chat/completions', deep));
    isClear(
      await post(
        '/v1/chat/completions',
        `{"model":"good","messages":[{"role":"user","content":"x"}],"fallbacks":${deep}}`,
      ),
    );
    isClear(await post('/v1/chat/completions', `{"model":"good","messages":[{"role":"user","content":${deep}}]}`));
  });
});

describe('headers', () => {
  const value = fc.string({
    unit: fc.constantFrom(...Array.from({ length: 224 }, (_, index) => String.fromCharCode(index + 32))),
    maxLength: 60,
  });
  const names = [
    'authorization',
    'x-api-key',
    'idempotency-key',
    'x-holdfast-on-disconnect',
    'x-holdfast-stream-restart',
    'x-litellm-timeout',
    'x-litellm-num-retries',
    'x-litellm-stream-timeout',
    'x-request-id',
    'content-encoding',
    'accept',
    'expect',
    'last-event-id',
  ];
  const headers = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 5 });

  test('of ours, with anything in them', async () => {
    const body = JSON.stringify({ model: 'good', messages: [{ role: 'user', content: 'hi' }] });
    const property = fc.asyncProperty(headers, async (set) => {
      const lines = set.map(([name, text]) => `${name}: ${text}`);
      const raw = rawRequest('/v1/chat/completions', { headers: ['content-type: application/json', ...lines], body });
      const answer = await sendRaw(gateway.url, Buffer.from(raw, 'latin1'));
      // Node itself answers an `expect` that it does not know.
      if (answer.status !== 417) isClear(answer);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  test('content types and lengths', async () => {
    const property = fc.asyncProperty(value, fc.integer({ min: 0, max: 40 }), async (type, length) => {
      const raw = rawRequest('/v1/embeddings', { headers: [`content-type: ${type}`, `content-length: ${length}`] });
      isClear(await sendRaw(gateway.url, Buffer.from(`${raw}${'x'.repeat(length)}`, 'latin1')));
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});

describe('no HTTP at all', () => {
  test('paths', async () => {
    const path = fc.webPath({ size: 'large' }).map((text) => `/${text}`);
    const property = fc.asyncProperty(fc.constantFrom('GET', 'POST', 'DELETE', 'PUT'), path, async (method, text) =>
      isClear(await sendRaw(gateway.url, rawRequest(text, { method }))),
    );
    await fc.assert(property, { numRuns: RUNS });
  });

  test('bytes', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      const socket = await openSocket(gateway.url);
      // The end of the input: the gateway must not wait for more.
      socket.end(bytes);
      const { status, text } = await readToEnd(socket);
      if (status !== null) isClear({ status, text });
    });
    await fc.assert(property, { numRuns: RUNS });
  });

  test('a request that is cut anywhere', async () => {
    const whole = rawRequest('/v1/chat/completions', {
      headers: ['content-type: application/json'],
      body: JSON.stringify({ model: 'good', messages: [{ role: 'user', content: 'hi' }] }),
    });
    const property = fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
      const socket = await openSocket(gateway.url);
      socket.end(whole.slice(0, length));
      const { status, text } = await readToEnd(socket);
      if (status !== null) isClear({ status, text });
    });
    await fc.assert(property, { numRuns: 60 });
  });
});
