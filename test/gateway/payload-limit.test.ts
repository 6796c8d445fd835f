import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';

const MB = 1024 * 1024;

/** As much as is just kept, and as much as just is not. */
const [LESS, MORE] = [1.95 * MB, 2.05 * MB];

let folder: string;
let gateway: TestGateway;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-payloads-'));
  gateway = await openGateway(
    {
      model_list: ['good', 'less', 'more', 'streams-less', 'streams-more', 'draws'].flatMap((name) => group(name)),
      router_settings: { ...FAST, num_retries: 2 },
      external_storage: { location: folder, max_payload_mb: 2 },
    },
    {
      'good-up': [{ content: 'yes' }],
      'less-up': [{ content: 'x'.repeat(LESS) }],
      'more-up': [{ content: 'x'.repeat(MORE) }],
      'streams-less-up': [{ sse: Array(16).fill('x'.repeat(LESS / 16)) }],
      'streams-more-up': [{ sse: Array(16).fill('x'.repeat(MORE / 16)) }],
      'draws-up': [{ body: { created: 0, data: [{ b64_json: 'A'.repeat(MORE) }] } }],
    },
  );
});
afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

const chat = (model: string, content = 'Hello', more: object = {}) => ({
  model,
  messages: [{ role: 'user', content }],
  ...more,
});

/** A request whose length nobody says before. */
const inChunks = (json: unknown): RequestInit & { duplex: 'half' } => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: new Blob([JSON.stringify(json)]).stream(),
  duplex: 'half',
});

const path = '/v1/chat/completions';

test.each<[string, string, (bytes: number) => Promise<Response>]>([
  ['a prompt', 'good', (bytes) => gateway.fetch(path, { json: chat('good', 'x'.repeat(bytes)) })],
  [
    'a prompt of a stream',
    'good',
    (bytes) => gateway.fetch(path, { json: chat('good', 'x'.repeat(bytes), { stream: true }) }),
  ],
  ['a prompt in chunks', 'good', (bytes) => gateway.fetch(path, inChunks(chat('good', 'x'.repeat(bytes))))],
  [
    'a tool',
    'good',
    (bytes) =>
      gateway.fetch(path, {
        json: chat('good', 'Hello', {
          tools: [{ type: 'function', function: { name: 'f', description: 'x'.repeat(bytes) } }],
        }),
      }),
  ],
  [
    'a text to embed',
    'good',
    (bytes) => gateway.fetch('/v1/embeddings', { json: { model: 'good', input: ['x'.repeat(bytes)] } }),
  ],
  [
    'tokens to embed',
    'good',
    (bytes) =>
      gateway.fetch('/v1/embeddings', { json: { model: 'good', input: Array(Math.floor(bytes / 2)).fill(1) } }),
  ],
])(
  '%s just below the limit is sent; above it the answer is 413, which says what to do, and nobody is asked',
  async (_what, model, ask) => {
    const before = gateway.provider.callCount(`${model}-up`);
    const kept = await ask(LESS);
    expect(kept.status).toBe(200);
    await kept.text();
    expect(gateway.provider.callCount(`${model}-up`)).toBe(before + 1);
    const refused = await ask(MORE);
    expect(refused.status).toBe(413);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(await refused.json()).toMatchObject({
      error: { kind: 'RequestTooLargeError', message: expect.stringContaining('max_payload_mb') },
    });
    expect(gateway.provider.callCount(`${model}-up`)).toBe(before + 1);
  },
);

test('an answer just below the limit is kept, and one above it is paid once: the call ends with 502', async () => {
  const kept = await gateway.fetch(path, { json: chat('less') });
  expect(kept.status).toBe(200);
  expect((await kept.text()).length).toBeGreaterThan(LESS);
  for (const [url, json] of [
    [path, chat('more')],
    ['/v1/images/generations', { model: 'draws', prompt: 'x', response_format: 'b64_json' }],
  ] as const) {
    const before = gateway.provider.callCount();
    const refused = await gateway.fetch(url, { json });
    expect(refused.status).toBe(502);
    expect(await refused.json()).toMatchObject({ error: { kind: 'ResponseTooLargeError' } });
    expect(gateway.provider.callCount()).toBe(before + 1);
  }
});

test('a streamed answer, too: what was read is followed by an honest end', async () => {
  const kept = await (await gateway.fetch(path, { json: chat('streams-less', 'Hello', { stream: true }) })).text();
  expect(kept).toContain('[DONE]');
  const cut = await (await gateway.fetch(path, { json: chat('streams-more', 'Hello', { stream: true }) })).text();
  expect(cut).toContain('ResponseTooLargeError');
  expect(cut).not.toContain('[DONE]');
  expect(gateway.provider.callCount('streams-more-up')).toBe(1);
});
