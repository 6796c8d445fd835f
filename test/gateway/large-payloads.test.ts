import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { callOf } from '../driven/driving-gateway.js';
import { writeBatch } from '../helpers/batch.js';
import { eventNames } from '../helpers/call-history.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';

const MB = 1024 * 1024;

let folder: string;
let gateway: TestGateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-payloads-'));
  gateway = await openGateway(
    {
      model_list: ['good', 'long', 'wide', 'draws', 'lasts'].flatMap((name) => group(name)),
      router_settings: { ...FAST, num_retries: 0 },
      external_storage: { location: folder, max_payload_mb: 32 },
    },
    {
      'good-up': [{ content: 'a picture' }],
      'long-up': [{ sse: Array(64).fill('x'.repeat(MB / 32)) }],
      'wide-up': [{ sse: ['one ', 'x'.repeat(10 * MB), ' two'] }],
      'draws-up': [{ body: { created: 0, data: [{ b64_json: 'A'.repeat(10 * MB) }] } }],
      'lasts-up': [{ content: 'late', hold: true }],
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

const callIdOf = (response: Response) => response.headers.get('x-holdfast-workflow-id') ?? '';

test(
  'a prompt with an image of 20 MB is answered, with the first workflow task of its call: no workflow has it in memory',
  TIMED,
  async () => {
    const asked = gateway.openai().chat.completions.create(withImage('good', 20 * MB));
    const { data, response } = await asked.withResponse();
    expect(data.choices[0]?.message.content).toBe('a picture');
    expect(await eventNames(callIdOf(response))).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
      'WorkflowExecutionCompleted',
    ]);
  },
);

test('… and one whose answer takes longer goes on as an activity, and is asked for once', TIMED, async () => {
  const before = gateway.provider.callCount('lasts-up');
  const asked = gateway.openai().chat.completions.create(withImage('lasts', 4 * MB));
  const callId = await waitFor(() => callOf(gateway, 'lasts'));
  await waitFor(async () => (await eventNames(callId)).includes('ActivityTaskScheduled'));
  await waitFor(() => gateway.provider.callCount('lasts-up') > before);
  gateway.provider.release();
  expect((await asked).choices[0]?.message.content).toBe('late');
  expect(gateway.provider.callCount('lasts-up')).toBe(before + 1);
});

test('… and is asked of nobody where its prompt cannot be stored', async () => {
  const before = gateway.provider.callCount('good-up');
  const aside = `${folder}-aside`;
  await rename(folder, aside);
  // Something that is no folder is in its place.
  await writeFile(folder, '');
  onTestFinished(async () => {
    await rm(folder, { recursive: true });
    await rename(aside, folder);
  });
  const asked = gateway.openai({ maxRetries: 0 }).chat.completions.create(withImage('good', 4 * MB));
  await expect(asked).rejects.toMatchObject({ status: 503 });
  expect(gateway.provider.callCount('good-up')).toBe(before);
});

test('… and its long answer is streamed', async () => {
  const stream = await gateway.openai().chat.completions.create({ ...withImage('long', 4 * MB), stream: true });
  let length = 0;
  for await (const chunk of stream) length += chunk.choices[0]?.delta.content?.length ?? 0;
  expect(length).toBe(2 * MB);
});

test('a stream with 10 MB in a chunk, as of an image', async () => {
  const stream = await gateway.openai().chat.completions.create({ ...withImage('wide', 100), stream: true });
  let length = 0;
  for await (const chunk of stream) length += chunk.choices[0]?.delta.content?.length ?? 0;
  expect(length).toBe(10 * MB + 'one  two'.length);
});

test('embeddings of many dimensions', async () => {
  const input = Array.from({ length: 60 }, (_, index) => `text ${index}`);
  const { data } = await gateway
    .openai()
    .embeddings.create({ model: 'good', input, dimensions: 3072, encoding_format: 'float' });
  expect(data.map(({ embedding }) => embedding.length)).toEqual(input.map(() => 3072));
});

test('an image of 10 MB as base64', async () => {
  const { data } = await gateway.openai().images.generate({ model: 'draws', prompt: 'x', response_format: 'b64_json' });
  expect(data?.[0]?.b64_json?.length).toBe(10 * MB);
});

test('what is larger than the config allows is refused', async () => {
  const asked = gateway.openai({ maxRetries: 0 }).chat.completions.create(withImage('good', 33 * MB));
  await expect(asked).rejects.toMatchObject({ status: 413 });
});

test.each([
  {
    what: 'an image of 10 MB',
    url: '/v1/images/generations',
    body: { model: 'draws', prompt: 'x', response_format: 'b64_json' },
    least: 10 * MB,
  },
  {
    what: '1,000 embeddings of 3,072 dimensions',
    url: '/v1/embeddings',
    body: { model: 'good', input: Array.from({ length: 1_000 }, (_, index) => `text ${index}`), dimensions: 3072 },
    least: 1_000 * 3072 * 10,
  },
])('a row of a batch whose answer is $what', async ({ url, body, least }) => {
  const { input, output, outputFile } = await writeBatch([]);
  await writeFile(input, `${JSON.stringify({ custom_id: 'row', method: 'POST', url, body })}\n`);
  const batch = await gateway.client.batches.submit({ input, output });
  expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 1 } });
  expect((await readFile(outputFile)).length).toBeGreaterThan(least);
});
