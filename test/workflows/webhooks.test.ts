import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { CallHandle } from '../../src/client.js';
import { batchText, testRows, writeBatch } from '../helpers/batch.js';
import { historyJson } from '../helpers/call-history.js';
import { openGateway } from '../helpers/gateway.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { createBatch } from '../helpers/openai-batches.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { openReceiver, type ReceivedWebhook } from '../helpers/webhook-receiver.js';

const SECRET = `whsec_${Buffer.from('the secret of a test, 0123456789').toString('base64')}`;
const PROMPT = 'A prompt that nobody else is to see';

type Receiver = Awaited<ReturnType<typeof openReceiver>>;

const configFor = ({ url }: Receiver) => ({
  model_list: ['good', 'bad', 'limited', 'asking', 'dear'].flatMap((name) => group(name)),
  router_settings: {
    ...FAST,
    num_retries: 0,
    fallbacks: [{ asking: ['dear'] }],
    fallback_approval: { groups: ['dear'] },
  },
  webhooks: [
    {
      name: 'ops',
      url: `${url}/ops`,
      secret: SECRET,
      events: ['call.ended', 'call.gated', 'call.paused', 'batch.ended'],
    },
    { name: 'named', url: `${url}/named`, secret: SECRET },
  ],
});

const SCRIPT = {
  'good-up': 'ok',
  'bad-up': '400',
  'limited-up': '429(retry-after=3600)',
  'asking-up': '503',
  'dear-up': 'ok',
};

let receiver: Receiver;
let holdfast: TestHoldfast;
beforeAll(async () => {
  receiver = await openReceiver();
  holdfast = await openHoldfast(configFor(receiver), SCRIPT);
});
afterAll(async () => {
  await holdfast.close();
  await receiver.close();
});

const ask = (model: string, settings: object = {}) => ({
  model,
  messages: [{ role: 'user' as const, content: `${PROMPT} ${randomUUID()}` }],
  ...settings,
});

const received = (id: string, count: number, from: Receiver = receiver): Promise<ReceivedWebhook[]> =>
  waitFor(() => (from.of(id).length >= count ? from.of(id) : null), { what: `${count} messages of ${id}` });

/** By OpenAI's library, which takes messages of Standard Webhooks. */
async function verify({ body, headers }: ReceivedWebhook, secret = SECRET): Promise<void> {
  const { webhooks } = new OpenAI({ apiKey: 'none' });
  await webhooks.verifySignature(body, headers as Record<string, string>, secret);
}

const inState = (handle: CallHandle, state: string) =>
  waitFor(async () => (await handle.describe()).pending?.state === state, { what: `the call to be ${state}` });

describe('a webhook', () => {
  test('is told of the end of a call: signed, and without a word of the prompt or the answer', async () => {
    const { callId } = await holdfast.client.start(ask('good'));
    const [message] = await received(callId, 1);
    if (message === undefined) throw new Error('nothing came');
    expect(JSON.parse(message.body)).toEqual({
      type: 'call.ended',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: {
        callId,
        runId: expect.any(String),
        group: 'good',
        attempts: 1,
        fallbacks: 0,
        links: { call: `/holdfast/calls/${callId}` },
        state: 'answered',
        kind: null,
        status: null,
      },
    });
    expect(message.headers['webhook-id']).toMatch(/^evt_[\w-]+-1$/);
    await verify(message);
    const wrong = `whsec_${Buffer.from('another secret, 0123456789, 0123').toString('base64')}`;
    await expect(verify(message, wrong)).rejects.toThrow();
    expect(await historyJson(callId)).not.toContain(SECRET);
  });

  test.each([
    ['that failed', { state: 'failed', kind: 'BadRequestError', status: 400 }, 'bad'],
    ['that was cancelled', { state: 'cancelled', kind: 'CancelledError', attempts: 1 }, 'limited'],
  ])('is told of a call %s', TIMED, async (_what, data, model) => {
    const handle = await holdfast.client.start(ask(model, { num_retries: 1, timeout: 100_000 }));
    if (model === 'limited') {
      await inState(handle, 'waiting');
      await handle.cancel();
    }
    expect(await received(handle.callId, 1)).toMatchObject([{ type: 'call.ended', data }]);
  });

  test('is asked at a gate, and told of a pause; each has an id of its own', async () => {
    const handle = await holdfast.client.start(ask('asking'));
    const { callId } = handle;
    const path = `/holdfast/calls/${callId}`;
    const [gated] = await received(callId, 1);
    expect(gated).toMatchObject({
      type: 'call.gated',
      data: { group: 'dear', from: 'asking', kind: 'ServiceUnavailableError', links: { approve: `${path}/approve` } },
    });
    await handle.act('pause', { by: 'anna', why: 'a secret reason' });
    await handle.act('resume', { by: 'anna', why: 'a test' });
    await inState(handle, 'gated');
    await handle.act('approve', { by: 'anna', why: 'a test' });
    const all = await received(callId, 3);
    expect(all.map(({ type }) => type).toSorted()).toEqual(['call.ended', 'call.gated', 'call.paused']);
    expect(new Set(all.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
    expect(all.map(({ body }) => body).join()).not.toMatch(/a secret reason|A prompt/);
  });

  test('that a request names hears everything of it; nothing of others', async () => {
    const { callId } = await holdfast.client.start(ask('good'), { webhook: 'named' });
    const paths = (await received(callId, 2)).map(({ path }) => path);
    expect(paths.toSorted()).toEqual(['/named', '/ops']);
  });

  test('that the config has not is refused before any attempt', async () => {
    const handle = await holdfast.client.start(ask('good'), { webhook: 'nobody' });
    await expect(handle.result()).rejects.toMatchObject({
      kind: 'BadRequestError',
      message: expect.stringContaining('there is no webhook "nobody" in the config'),
    });
  });

  test('is told of the end of a batch, and not of that of its rows', async () => {
    const files = await writeBatch(testRows(2, ['good', 'bad']));
    const batchId = `batch-${randomUUID()}`;
    const batch = await holdfast.client.batches.submit({ ...files, batchId, mode: 'workflow', webhook: 'named' });
    await batch.result();
    const messages = await received(batchId, 2);
    expect(messages.map(({ path }) => path).toSorted()).toEqual(['/named', '/ops']);
    expect(messages[0]).toMatchObject({
      type: 'batch.ended',
      data: { state: 'completed with errors', rows: 2, answered: 1, failed: 1 },
    });
    expect(receiver.received.filter(({ data }) => String(data['callId']).startsWith(batchId))).toEqual([]);
  });
});

test('a webhook that a batch names hears of gates of its rows, of its pauses and its end', async () => {
  const files = await writeBatch(testRows(1, ['asking']));
  const batchId = `batch-${randomUUID()}`;
  const batch = await holdfast.client.batches.submit({ ...files, batchId, mode: 'workflow', webhook: 'named' });
  const isOfBatch = ({ data }: ReceivedWebhook) => String(data['callId'] ?? data['batchId']).startsWith(batchId);
  const named = () => receiver.received.filter((message) => message.path === '/named' && isOfBatch(message));
  const gated = await waitFor(() => named().find(({ type }) => type === 'call.gated'), { what: 'the gate of the row' });
  await batch.pause('a reason');
  const paused = await waitFor(() => named().find(({ type }) => type === 'batch.paused'), { what: 'the pause' });
  expect(paused.data).toEqual({
    batchId,
    state: 'paused',
    reason: 'a reason',
    rows: 1,
    answered: 0,
    failed: 0,
    links: { batch: `/v1/batches/${batchId}` },
  });
  await verify(paused);
  await batch.resume();
  await holdfast.client.handle(String(gated.data['callId'])).act('approve', { by: 'anna', why: 'a test' });
  await batch.result();
  await waitFor(() => named().length === 3, { what: 'the end' });
  expect(named().map(({ type }) => type)).toEqual(['call.gated', 'batch.paused', 'batch.ended']);
  // Those of the config hear of what they are for, as ever.
  await received(batchId, 3);
  expect(
    receiver.received.filter(isOfBatch).filter(({ path, type }) => path === '/ops' && type === 'batch.paused'),
  ).toEqual([]);
});

test('a batch that names a webhook which the config has not fails before any row', async () => {
  const files = await writeBatch(testRows(1, ['good']));
  const batch = await holdfast.client.batches.submit({ ...files, webhook: 'nobody' });
  await expect(batch.result()).rejects.toThrow('there is no webhook "nobody" in the config');
});

describe('a receiver', () => {
  test('that fails first, or cannot be reached, is sent the same message again, under the same id; the call has ended long before', async () => {
    const failing = await openReceiver([500, 307, 'cut']);
    const stage = await openHoldfast(configFor(failing), SCRIPT);
    onTestFinished(async () => {
      await stage.close();
      await failing.close();
    });
    const handle = await stage.client.start(ask('good'));
    await handle.result();
    const messages = await received(handle.callId, 4, failing);
    expect(new Set(messages.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(messages.map(({ body }) => body)).size).toBe(1);
    // A redirection is not followed.
    expect(messages.map(({ path }) => path)).toEqual(['/ops', '/ops', '/ops', '/ops']);
    for (const message of messages) await verify(message);
  });
});

describe('over HTTP', () => {
  test('x-holdfast-webhook of a batch names one; an unknown one is a 400, and no batch is begun', async () => {
    const own = await openReceiver();
    const files = await mkdtemp(join(tmpdir(), 'holdfast-webhooks-'));
    const gateway = await openGateway(configFor(own), SCRIPT, { files });
    onTestFinished(async () => {
      await gateway.close();
      await own.close();
      await rm(files, { recursive: true, force: true });
    });
    const openai = (webhook: string) => gateway.openai({ defaultHeaders: { 'x-holdfast-webhook': webhook } });
    const rows = batchText(testRows(1, ['good']));
    const { id } = await createBatch(openai('named'), rows);
    const messages = await received(id, 2, own);
    expect(messages.map(({ path, type }) => `${path} ${type}`).toSorted()).toEqual([
      '/named batch.ended',
      '/ops batch.ended',
    ]);
    const refused = createBatch(openai('nobody'), rows);
    await expect(refused).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('x-holdfast-webhook: there is no webhook "nobody"'),
    });
    expect((await openai('named').batches.list()).data.map((batch) => batch.id)).toEqual([id]);
  });

  test('x-holdfast-webhook names one, also where calls are answered by the process itself; an unknown one is a 400', async () => {
    const own = await openReceiver();
    const gateway = await openGateway(configFor(own), SCRIPT);
    onTestFinished(async () => {
      await gateway.close();
      await own.close();
    });
    const post = (webhook: string) =>
      fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-holdfast-webhook': webhook },
        body: JSON.stringify(ask('good')),
      });
    const response = await post('named');
    expect(response.status).toBe(200);
    const callId = response.headers.get('x-holdfast-workflow-id') ?? '';
    expect((await received(callId, 2, own)).map(({ path }) => path).toSorted()).toEqual(['/named', '/ops']);
    const refused = await post('nobody');
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('x-holdfast-webhook: there is no webhook');
  });
});
