import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { SimplePlugin } from '@temporalio/plugin';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { HoldfastClient, keyRing } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { HoldfastPlugin } from '../../src/plugin.js';
import { FAST, configText, group, PLANTED_KEY } from '../helpers/holdfast.js';
import { openTemporal, type TestTemporal } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [...group('good'), ...group('down'), ...group('slow')],
  router_settings: { ...FAST, num_retries: 1 },
  encryption: { keys: [{ id: 'one', key: Buffer.alloc(32, 7).toString('base64') }] },
};

const SCRIPT = { 'good-up': 'ok', 'down-up': '503', 'slow-up': 'hang' };

/** Turns the bytes of payloads round, and says so. */
const turning: PayloadCodec = {
  encode: async (payloads) => payloads.map((payload) => turned(payload, { turned: Buffer.from('yes') })),
  decode: async (payloads) =>
    payloads.map((payload) => (payload.metadata?.['turned'] === undefined ? payload : turned(payload, {}))),
};

function turned({ metadata: before, data }: Payload, more: Record<string, Uint8Array>): Payload {
  const { turned: _, ...metadata } = before ?? {};
  return { metadata: { ...metadata, ...more }, data: Uint8Array.from(data ?? []).toReversed() };
}

const another = new SimplePlugin({
  name: 'another',
  activities: { punctuation: async () => '!' },
  dataConverter: { payloadCodecs: [turning] },
});

let temporal: TestTemporal;
let provider: MockProvider;
let worker: Worker;
let stopped: Promise<void>;
let client: Client;
let holdfast: HoldfastClient;

beforeAll(async () => {
  temporal = await openTemporal();
  provider = await startMockProvider({ script: SCRIPT });
  const config = parseConfig(configText(CONFIG, provider.url), { source: 'test', env: {} });
  const plugins = [another, new HoldfastPlugin({ config })];
  const { connection, taskQueue } = temporal;
  worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('fixtures/own-workflows.ts', import.meta.url)),
    activities: { greeting: async (name: string) => `Hello ${name}` },
    plugins,
  });
  stopped = worker.run();
  client = new Client({ connection, plugins });
  holdfast = await HoldfastClient.connect({
    address: inject('temporalAddress'),
    taskQueue,
    keys: keyRing(config.encryption),
    payloadCodecs: [turning],
  });
});
afterAll(async () => {
  worker.shutdown();
  await stopped;
  await holdfast.close();
  await provider.close();
  await temporal.close();
});

const ask = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'Hello' }] });

test("a worker's own workflow asks its own activity, that of another plugin, and a model", async () => {
  const workflowId = `greet-${randomUUID()}`;
  const { taskQueue } = temporal;
  const result = await client.workflow.execute('greet', { args: ['Ada'], taskQueue, workflowId });
  expect(result).toMatchObject({
    greeting: 'Hello Ada!',
    response: { choices: [{ message: { content: 'Echo: Hello Ada!' } }] },
    report: { attempts: 1 },
  });
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const text = JSON.stringify(events, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  // Encrypted, and turned before that.
  expect(text).not.toMatch(/Hello|olleH/);
  expect(text).not.toContain(PLANTED_KEY);
});

test('a client of Holdfast makes its calls there', async () => {
  const { response } = await holdfast.execute(ask('good'));
  expect(response.choices[0]?.message.content).toBe('Echo: Hello');
  await expect(holdfast.execute(ask('down'))).rejects.toMatchObject({
    kind: 'ServiceUnavailableError',
    report: { attempts: 2 },
  });
});

test('a call that is cancelled gives up its request', async () => {
  const handle = await holdfast.start(ask('slow'));
  await waitFor(() => provider.requests.some(({ model }) => model === 'slow-up'));
  await handle.cancel();
  await expect(handle.result()).rejects.toMatchObject({ kind: 'CancelledError' });
});

test('workflows of types that nobody registered are theirs, as before', async () => {
  const { taskQueue } = temporal;
  const workflowId = `other-${randomUUID()}`;
  expect(await client.workflow.execute('unknown', { taskQueue, workflowId })).toBe('runs unknown');
});
