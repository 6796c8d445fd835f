import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConflictError, type OpenAI } from 'openai';
import type { Batch, BatchCreateParams } from 'openai/resources/batches.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchText, testRows } from '../helpers/batch.js';
import type { TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { batchEnd, uploadText } from '../helpers/openai-batches.js';
import { API_KEYS, openForTwo } from '../helpers/two-callers.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [...group('good', ['ok']), ...group('stuck', ['hang'])],
  router_settings: FAST,
  general_settings: { api_keys: Object.values(API_KEYS) },
};

let root: string;
let gateway: TestGateway;
let one: OpenAI;
let two: OpenAI;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ root, gateway, one, two, close } = await openForTwo(CONFIG));
});
afterAll(() => close());

let number = 0;
const freshKey = (): string => `batch ${++number} of this run`;

async function requestFor(openai: OpenAI, models: readonly string[]): Promise<BatchCreateParams> {
  const { id } = await uploadText(openai, batchText(testRows(models.length, models)));
  return { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' };
}

const send = (openai: OpenAI, request: BatchCreateParams, key: string): Promise<Batch> =>
  openai.batches.create(request, { headers: { 'Idempotency-Key': key } });

const listed = async (openai: OpenAI): Promise<string[]> => (await openai.batches.list()).data.map(({ id }) => id);

test('the same key and request is the same batch, while it runs and when it is over', async () => {
  gateway.provider.reset();
  const key = freshKey();
  const request = { ...(await requestFor(one, ['good', 'stuck'])), metadata: { run: 'nightly' } };
  const first = await send(one, request, key);
  await waitFor(() => gateway.provider.callCount() === 2, { what: 'both rows to be asked' });
  const running = await send(one, request, key);
  expect(running).toMatchObject({ id: first.id, created_at: first.created_at, metadata: { run: 'nightly' } });
  expect(running.status).not.toBe('cancelled');

  await one.batches.cancel(first.id);
  const end = await batchEnd(one, first);
  // A cancelled batch is not run again, either.
  expect(await send(one, request, key)).toEqual(end);
  expect(await one.batches.retrieve(first.id)).toEqual(end);
  expect(gateway.provider.callCount()).toBe(2);
  expect((await listed(one)).filter((id) => id === first.id)).toHaveLength(1);
});

test('those who come at once with the same key get the same batch', async () => {
  gateway.provider.reset();
  const key = freshKey();
  const request = await requestFor(one, ['good']);
  const batches = await Promise.all(Array.from({ length: 4 }, () => send(one, request, key)));
  expect(new Set(batches.map(({ id, expires_at: end }) => `${id} until ${end}`)).size).toBe(1);
  await batchEnd(one, batches[0]!);
  expect(gateway.provider.callCount()).toBe(1);
});

test('a gateway that died before it kept the batch is made up for', async () => {
  gateway.provider.reset();
  const key = freshKey();
  const request = await requestFor(one, ['good']);
  const first = await send(one, request, key);
  const end = await batchEnd(one, first);
  await rm(join(root, 'key-one', 'batches', `${first.id}.json`));
  expect(await listed(one)).not.toContain(first.id);
  expect(await send(one, request, key)).toEqual(end);
  expect(await listed(one)).toContain(first.id);
  expect(gateway.provider.callCount()).toBe(1);

  await rm(join(root, 'key-one', 'batches', `${first.id}.json`));
  const other = await requestFor(one, ['good']);
  await expect(send(one, other, key)).rejects.toThrow(ConflictError);
});

test('the same key with another request is a 409', async () => {
  const key = freshKey();
  const request = await requestFor(one, ['good']);
  const { id } = await send(one, request, key);
  const others: Partial<BatchCreateParams>[] = [
    { input_file_id: (await requestFor(one, ['good'])).input_file_id },
    { endpoint: '/v1/embeddings' },
    { completion_window: '7d' as '24h' },
    { metadata: { run: 'other' } },
  ];
  for (const other of others) {
    const error: unknown = await send(one, { ...request, ...other }, key).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConflictError);
    const { headers, message } = error as ConflictError;
    expect([headers.get('x-should-retry'), message]).toEqual(['false', expect.stringContaining(id)]);
  }
  expect((await send(one, request, key)).id).toBe(id);
});

test('callers with the same key do not meet; without a key each request is a batch of its own', async () => {
  const key = freshKey();
  const [mine, theirs] = [await requestFor(one, ['good']), await requestFor(two, ['good'])];
  const before = await listed(one);
  const made = [await send(one, mine, key), await one.batches.create(mine), await one.batches.create(mine)];
  const other = await send(two, theirs, key);
  const ids = made.map(({ id }) => id);
  expect(new Set([...ids, other.id]).size).toBe(4);
  // Newest first, whatever their ids are made of.
  expect(await listed(one)).toEqual([...ids.toReversed(), ...before].slice(0, 20));
  expect(await listed(two)).toEqual([other.id]);

  const ended = await Promise.all(made.map((batch) => batchEnd(one, batch)));
  const files = (await one.files.list({ purpose: 'batch_output' })).data.map(({ id }) => id);
  expect(files.slice(0, 3)).toEqual(ended.map(({ output_file_id: id }) => id).toReversed());
});
