import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCodecServer } from '../../src/codec-server/codec-server.js';
import type { Listening } from '../../src/listen.js';
import { fromJson, toJson } from '../../src/codec-server/payload-json.js';
import type { KeyRing } from '../../src/encryption/key-ring.js';
import { EncryptionCodec } from '../../src/temporal/encryption-codec.js';
import { testRing } from '../helpers/encryption.js';

const UI = 'http://localhost:8233';
const TOKEN = 'a-token-of-the-tests';
const PLAIN = defaultPayloadConverter.toPayload('what nobody shall read');

let server: Listening;
beforeAll(async () => {
  const keys = testRing('one') as KeyRing;
  server = await startCodecServer({
    keys,
    namespace: 'default',
    host: '127.0.0.1',
    port: 0,
    uiOrigin: UI,
    token: TOKEN,
  });
});
afterAll(() => server.close());

const encrypted = (by = 'one', namespace = 'default') => new EncryptionCodec(testRing(by), namespace).encode([PLAIN]);

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const bearer = { authorization: `Bearer ${TOKEN}` };

async function ask({ path = '/decode', method = 'POST', headers = bearer, body }: Asked = {}): Promise<Response> {
  const payloads = (await encrypted()).map(toJson);
  return fetch(`${server.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'POST' && { body: JSON.stringify(body ?? { payloads }) }),
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

async function valuesOf(response: Response): Promise<unknown[]> {
  expect(response.status).toBe(200);
  const { payloads } = (await response.json()) as { payloads: unknown[] };
  return payloads.map((payload) => defaultPayloadConverter.fromPayload(fromJson(payload)));
}

test.each<[string, Asked]>([
  ['a bearer of the token', {}],
  ['whoever has it in the path', { path: `/${TOKEN}/decode`, headers: {} }],
  ['pages of the UI', { headers: { ...bearer, origin: UI } }],
])('decrypts for %s', async (_who, asked) => {
  expect(await valuesOf(await ask(asked))).toEqual(['what nobody shall read']);
});

test.each<[string, number, Asked]>([
  ['nobody without the token', 401, { headers: {} }],
  ['nobody with another one', 401, { headers: { authorization: 'Bearer a-token-of-the-tasts' } }],
  ['nobody with another one in the path', 401, { path: '/a/decode', headers: {} }],
  ['no other page', 403, { headers: { ...bearer, origin: 'http://evil.example' } }],
  ['no page of another port', 403, { headers: { ...bearer, origin: 'http://localhost:8234' } }],
  ['no page of another scheme', 403, { headers: { ...bearer, origin: 'https://localhost:8233' } }],
  ['no page whose origin begins like it', 403, { headers: { ...bearer, origin: `${UI}.evil.example` } }],
  ['no page that hides its origin', 403, { headers: { ...bearer, origin: 'null' } }],
  ['no other path', 404, { path: '/other' }],
  ['no other method', 404, { method: 'GET' }],
  ['nothing but payloads', 400, { body: { payload: 1 } }],
])('serves %s', async (_who, status, asked) => {
  const response = await ask(asked);
  expect(response.status).toBe(status);
  expect(await response.text()).not.toContain('nobody shall read');
});

test.each(['with its length', 'in chunks'])('a body that is too large, %s, is refused', async (how) => {
  const text = JSON.stringify({ payloads: [{ data: 'a'.repeat(17 * 1024 * 1024) }] });
  const body = how === 'in chunks' ? new Blob([text]).stream() : text;
  const response = await fetch(`${server.url}/decode`, { method: 'POST', headers: bearer, body, duplex: 'half' });
  expect(response.status).toBe(413);
  expect(await valuesOf(await ask())).toEqual(['what nobody shall read']);
});

test.each<[string, unknown]>([
  ['no JSON', '{"payloads": ['],
  ['nothing', ''],
  ['null', 'null'],
  ['payloads that are none', '{"payloads": [1, null, "x"]}'],
  ['payloads without end', '['.repeat(100_000)],
])('%s is answered with 400, and the server goes on', async (_what, body) => {
  const response = await fetch(`${server.url}/decode`, { method: 'POST', headers: bearer, body: String(body) });
  expect(response.status).toBe(400);
  expect(await valuesOf(await ask())).toEqual(['what nobody shall read']);
});

test('many payloads at once, among them some that nobody made', async () => {
  const garbage = ['', 'AAAA', Buffer.alloc(40, 7).toString('base64')].flatMap((data) => [
    { metadata: { encoding: base64('binary/encrypted'), 'encryption-key-id': base64('one') }, data },
    { metadata: { encoding: base64('json/external-storage') }, data },
  ]);
  const good = (await encrypted()).map(toJson);
  const payloads = Array.from({ length: 2000 }, (_, index) => garbage[index % 10] ?? good[0]);
  const values = await valuesOf(await ask({ body: { payloads } }));
  expect(values.filter((value) => value === 'what nobody shall read')).toHaveLength(800);
  expect(values.filter((value) => JSON.stringify(value).includes('notDecrypted'))).toHaveLength(600);
  expect(values.filter((value) => JSON.stringify(value).includes('notRead'))).toHaveLength(600);
});

test('pages of the UI are let in, and of no other origin', async () => {
  const headers = {
    origin: UI,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'x-namespace',
  };
  const preflight = await ask({ method: 'OPTIONS', headers });
  expect(preflight.status).toBe(204);
  expect(Object.fromEntries(preflight.headers)).toMatchObject({
    'access-control-allow-origin': UI,
    'access-control-allow-headers': 'x-namespace',
  });
  expect((await ask({ method: 'OPTIONS', headers: { ...headers, origin: 'http://evil.example' } })).status).toBe(403);
});

test('what is encrypted here is decrypted again, for the namespace that is named', async () => {
  const headers = { ...bearer, 'x-namespace': 'other' };
  const made = await ask({ path: '/encode', headers, body: { payloads: [toJson(PLAIN)] } });
  const body = (await made.json()) as object;
  expect(JSON.stringify(body)).not.toContain(toJson(PLAIN).data);
  expect(await valuesOf(await ask({ headers, body }))).toEqual(['what nobody shall read']);
});

test('what cannot be decrypted says why, and hides nothing of the rest', async () => {
  const payloads = [...(await encrypted('gone')), ...(await encrypted()), PLAIN].map(toJson);
  expect(await valuesOf(await ask({ body: { payloads } }))).toEqual([
    { notDecrypted: expect.stringContaining('under the key "gone"') },
    'what nobody shall read',
    'what nobody shall read',
  ]);
});
