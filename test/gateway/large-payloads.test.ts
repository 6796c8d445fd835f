import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';

const MB = 1024 * 1024;

let folder: string;
let gateway: TestGateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-payloads-'));
  gateway = await openGateway(
    {
      model_list: [...group('good'), ...group('long'), ...group('draws')],
      router_settings: { ...FAST, num_retries: 0 },
      external_storage: { location: folder, max_payload_mb: 8 },
    },
    {
      'good-up': [{ content: 'a picture' }],
      'long-up': [{ sse: Array(64).fill('x'.repeat(MB / 32)) }],
      'draws-up': [{ body: { created: 0, data: [{ b64_json: 'A'.repeat(3 * MB) }] } }],
    },
  );
});
afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

const withImage = (model: string, bytes: number) => ({
  model,
  messages: [
    {
      role: 'user' as const,
      content: [
        { type: 'text' as const, text: 'What is this?' },
        { type: 'image_url' as const, image_url: { url: `data:image/png;base64,${'A'.repeat(bytes)}` } },
      ],
    },
  ],
});

test('a prompt with a large image is answered', async () => {
  const answer = await gateway.openai().chat.completions.create(withImage('good', 4 * MB));
  expect(answer.choices[0]?.message.content).toBe('a picture');
});

test('… and its long answer is streamed', async () => {
  const stream = await gateway.openai().chat.completions.create({ ...withImage('long', 4 * MB), stream: true });
  let length = 0;
  for await (const chunk of stream) length += chunk.choices[0]?.delta.content?.length ?? 0;
  expect(length).toBe(2 * MB);
});

test('embeddings of many dimensions', async () => {
  const input = Array.from({ length: 60 }, (_, index) => `text ${index}`);
  const { data } = await gateway
    .openai()
    .embeddings.create({ model: 'good', input, dimensions: 3072, encoding_format: 'float' });
  expect(data.map(({ embedding }) => embedding.length)).toEqual(input.map(() => 3072));
});

test('an image as base64', async () => {
  const { data } = await gateway.openai().images.generate({ model: 'draws', prompt: 'x', response_format: 'b64_json' });
  expect(data?.[0]?.b64_json?.length).toBe(3 * MB);
});

test('what is larger than the config allows is refused', async () => {
  const asked = gateway.openai({ maxRetries: 0 }).chat.completions.create(withImage('good', 9 * MB));
  await expect(asked).rejects.toMatchObject({ status: 413 });
});
