import { BadRequestError, ConflictError, NotFoundError, toFile, type OpenAI } from 'openai';
import type { Batch, BatchCreateParams } from 'openai/resources/batches.js';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { TemporalUnavailableError } from '../../src/client.js';
import { BatchClient } from '../../src/client/batch-client.js';
import { systemClock } from '../../src/clock.js';
import { batchRecord } from '../../src/gateway/files/batch-record.js';
import { standingOf } from '../../src/gateway/files/batch-standing.js';
import { openStorage, toLocation } from '../../src/storage/index.js';
import { batchText, submitToExpire, testRows, type TestRow } from '../helpers/batch.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { batchEnd, createBatch, fileLines } from '../helpers/openai-batches.js';
import { API_KEYS, KEYS, openForTwo } from '../helpers/two-callers.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [
    ...group('good', ['ok']),
    ...group('flaky', ['500,ok']),
    ...group('bad', ['400']),
    ...group('stuck', ['hang']),
  ],
  router_settings: { ...FAST, num_retries: 1 },
  general_settings: {
    api_keys: [API_KEYS.one, { ...API_KEYS.two, models: ['good'] }],
  },
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

const create = (openai: OpenAI, rows: readonly TestRow[], more: Partial<BatchCreateParams> = {}): Promise<Batch> =>
  createBatch(openai, batchText(rows), more);

test('a batch from its upload to its output', async () => {
  gateway.provider.reset();
  const metadata = { run: 'nightly' };
  const created = await create(one, testRows(6, ['good', 'flaky', 'bad']), { metadata });
  expect(created).toMatchObject({ object: 'batch', status: 'validating', metadata, errors: null });
  expect(created.expires_at! - created.created_at).toBe(24 * 3600);

  const batch = await batchEnd(one, created);
  expect(batch).toMatchObject({
    ...created,
    status: 'completed',
    request_counts: { total: 6, completed: 4, failed: 2 },
    in_progress_at: expect.any(Number),
    finalizing_at: expect.any(Number),
    completed_at: expect.any(Number),
    output_file_id: expect.any(String),
    error_file_id: expect.any(String),
  });
  // Two good, two asked twice, two bad.
  expect(gateway.provider.callCount()).toBe(8);

  const output = await fileLines(one, batch.output_file_id!);
  expect(output.map(({ custom_id }) => custom_id)).toEqual(['row-0', 'row-1', 'row-3', 'row-4']);
  expect(output[0]).toMatchObject({ error: null, response: { status_code: 200, body: { object: 'chat.completion' } } });
  const errors = await fileLines(one, batch.error_file_id!);
  expect(errors.map(({ custom_id }) => custom_id)).toEqual(['row-2', 'row-5']);
  expect(errors[0]).toMatchObject({ error: { code: 'BadRequestError' } });

  const file = await one.files.retrieve(batch.output_file_id!);
  expect(file).toMatchObject({ purpose: 'batch_output', filename: `${batch.id}_output.jsonl` });
  const outputs = (await one.files.list({ purpose: 'batch_output' })).data;
  expect(new Set(outputs.map(({ id }) => id))).toEqual(new Set([batch.error_file_id, batch.output_file_id]));

  expect((await one.batches.list()).data[0]).toEqual(batch);
  await one.files.delete(batch.error_file_id!);
  expect(await one.batches.retrieve(batch.id)).toEqual({ ...batch, error_file_id: null });

  const asked = [
    two.batches.retrieve(batch.id),
    two.batches.cancel(batch.id),
    two.files.content(batch.output_file_id!),
  ];
  await Promise.all(asked.map((each) => expect(each).rejects.toThrow(NotFoundError)));
  expect((await two.batches.list()).data).toEqual([]);
});

test('what is there survives a restart of the gateway', async () => {
  const batch = await batchEnd(one, await create(one, testRows(2, ['good'])));
  const later = await openGateway(CONFIG, {}, { files: root });
  const openai = later.openai({ apiKey: KEYS.one });
  expect(await openai.batches.retrieve(batch.id)).toEqual(batch);
  expect(await fileLines(openai, batch.output_file_id!)).toHaveLength(2);
  await later.close();
});

describe('a batch whose start came to no clear end', () => {
  const startThatFails = async (workflowId?: string) => {
    const failing = vi.spyOn(BatchClient.prototype, 'submit');
    failing.mockRejectedValueOnce(new TemporalUnavailableError('away', { transient: true, workflowId }));
    try {
      await expect(create(one.withOptions({ maxRetries: 0 }), testRows(1, ['good']))).rejects.toMatchObject({
        status: 503,
        headers: expect.toSatisfy(
          (headers: Headers) => headers.get('x-should-retry') === String(workflowId === undefined),
        ),
      });
    } finally {
      failing.mockRestore();
    }
  };
  const ids = async () => (await one.batches.list()).data.map(({ id }) => id);

  test('is known, since it may run', async () => {
    const before = await ids();
    await startThatFails('batch_that_may_run');
    expect(await ids()).toHaveLength(before.length + 1);
  });

  test('is forgotten where it was certainly not started', async () => {
    const before = await ids();
    await startThatFails();
    expect(await ids()).toEqual(before);
  });
});

describe('a batch whose rows cannot be run fails, and asks nobody', () => {
  test.each<[what: string, who: 'one' | 'two', models: string[], endpoint: string, line: number, message: string]>([
    ['no such group', 'one', ['good', 'nowhere'], '/v1/chat/completions', 2, 'no model group "nowhere"'],
    ['a group of others', 'two', ['good', 'flaky'], '/v1/chat/completions', 2, 'may not ask for model group "flaky"'],
    ['rows for another endpoint', 'one', ['good'], '/v1/embeddings', 1, 'the batch is for /v1/embeddings'],
  ])('%s', async (_, who, models, endpoint, line, message) => {
    const openai = { one, two }[who];
    gateway.provider.reset();
    const more = { endpoint: endpoint as BatchCreateParams['endpoint'] };
    const batch = await batchEnd(openai, await create(openai, testRows(models.length, models), more));
    expect(batch).toMatchObject({
      status: 'failed',
      failed_at: expect.any(Number),
      output_file_id: null,
      errors: { object: 'list', data: [{ code: 'invalid_request', line, message: expect.stringContaining(message) }] },
    });
    expect(gateway.provider.callCount()).toBe(0);
  });

  test('an input without rows', async () => {
    const batch = await batchEnd(one, await createBatch(one, '\n\n'));
    expect(batch).toMatchObject({ status: 'failed', output_file_id: null, request_counts: { total: 0 } });
    expect(batch.errors?.data?.[0]?.message).toContain(`${batch.input_file_id}: has no rows`);
  });

  test('an input that is damaged; where it lies is not told', async () => {
    const packed = await toFile(Buffer.from('1f8b0800ffffff', 'hex'), 'rows.jsonl.gz');
    const { id } = await one.files.create({ purpose: 'batch', file: packed });
    const request = { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
    const batch = await batchEnd(one, await one.batches.create(request));
    expect(batch.status).toBe('failed');
    expect(batch.errors?.data?.[0]?.message).toContain(id);
    expect(JSON.stringify(batch)).not.toContain(root);
  });
});

test('a batch is cancelled: what is done is kept; its input stays as long as it is needed', async () => {
  gateway.provider.reset();
  const created = await create(one, testRows(2, ['good', 'stuck']));
  const { id, input_file_id: input } = created;
  await waitFor(() => gateway.provider.callCount() === 2);
  await waitFor(async () => (await one.batches.retrieve(id)).request_counts?.completed === 1);
  expect(await one.batches.retrieve(id)).toMatchObject({ status: 'in_progress', request_counts: { total: 2 } });
  await expect(one.files.delete(input)).rejects.toThrow(ConflictError);
  expect((await one.batches.cancel(id)).status).toMatch(/^cancel/);
  const batch = await batchEnd(one, created);
  expect(batch).toMatchObject({
    status: 'cancelled',
    cancelling_at: expect.any(Number),
    cancelled_at: expect.any(Number),
    error_file_id: null,
  });
  expect(await fileLines(one, batch.output_file_id!)).toHaveLength(1);
  await expect(one.batches.cancel(id)).rejects.toThrow(`batch ${id} is over: it is cancelled`);
  expect(await one.files.delete(input)).toMatchObject({ deleted: true });
  expect((await one.batches.retrieve(id)).status).toBe('cancelled');
});

test('a batch whose window is over is expired, also when Temporal has forgotten it', async () => {
  const { batch, output } = await submitToExpire(gateway.client);
  const { client } = gateway;
  const request = { input_file_id: 'any', endpoint: '/v1/embeddings', completion_window: '7d' };
  const seen = { client, storage: openStorage(), output: toLocation(output, '/') };
  const record = batchRecord(batch.batchId, request, systemClock.now());
  await expect(batch.result()).rejects.toMatchObject({ kind: 'Timeout' });
  const expired = {
    status: 'expired',
    total: 2,
    answered: 1,
    startedAt: expect.any(Number),
    endedAt: expect.any(Number),
  };
  expect(await standingOf(seen, record)).toMatchObject(expired);
  const forgotten = { ...record, id: 'forgotten' };
  expect(await standingOf(seen, forgotten)).toMatchObject(expired);
  expect(await standingOf(seen, { ...forgotten, cancelling_at: 1 })).toMatchObject({ status: 'cancelled' });
  expect(await standingOf({ ...seen, output: `${seen.output}/none` }, forgotten)).toMatchObject({
    status: 'failed',
    why: expect.stringContaining('never started'),
  });
});

describe('a request for a batch that cannot be', () => {
  test.each<[what: string, request: object, type: new (...args: never[]) => Error, message: string]>([
    [
      'no file',
      { input_file_id: undefined },
      BadRequestError,
      'input_file_id: missing: expected the id of an uploaded file',
    ],
    ['a number for a window', { completion_window: 24 }, BadRequestError, 'completion_window: expected hours or days'],
    ['a file that is not there', { input_file_id: 'file-x' }, NotFoundError, 'there is no uploaded file file-x'],
    ['no endpoint', { endpoint: '/v1/nowhere' }, BadRequestError, 'endpoint: expected one of'],
    ['no window', { completion_window: '0h' }, BadRequestError, 'completion_window: expected hours or days'],
    ['odd metadata', { metadata: { a: 1 } }, BadRequestError, 'metadata.a'],
  ])('%s', async (_, request, type, message) => {
    const asked = create(one, testRows(1, ['good']), request);
    await expect(asked).rejects.toThrow(type);
    await expect(asked).rejects.toThrow(message);
  });

  test('nor are there others than those that were created', async () => {
    for (const id of ['batch_x', `batch_${'a'.repeat(25)}`, '..%2f..']) {
      await expect(one.batches.retrieve(id)).rejects.toThrow(NotFoundError);
      await expect(one.batches.cancel(id)).rejects.toThrow(NotFoundError);
    }
  });
});
