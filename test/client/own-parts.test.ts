import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowClientInterceptor } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { decode } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { NativeConnection, Runtime, type ActivityInterceptorsFactory } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { HoldfastClient, type KeyRing } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { externalPlace } from '../../src/external-storage/external-place.js';
import { dataConverter } from '../../src/temporal/data-converter.js';
import { startWorker } from '../../src/worker.js';
import { historyText } from '../helpers/call-history.js';
import { testRing } from '../helpers/encryption.js';
import { configText, FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

/** Turns every byte around. */
const turned = (payload: Payload): Payload => ({
  ...payload,
  data: (payload.data ?? new Uint8Array()).map((byte) => ~byte),
});
const turning: PayloadCodec = {
  encode: async (payloads) => payloads.map(turned),
  decode: async (payloads) => payloads.map(turned),
};

const THROWING = fileURLToPath(new URL('../callbacks/fixtures/hostile.mjs', import.meta.url));

let connection: Connection;
let native: NativeConnection;
let holdfast: TestHoldfast;
const activities: string[] = [];
beforeAll(async () => {
  const address = inject('temporalAddress');
  [connection, native] = await Promise.all([Connection.connect({ address }), NativeConnection.connect({ address })]);
  const seeing: ActivityInterceptorsFactory = ({ info }) => ({
    inbound: {
      execute: async (input, next) => {
        activities.push(info.activityType);
        return next(input);
      },
    },
  });
  holdfast = await openHoldfast(
    { model_list: group('good'), router_settings: { ...FAST, callbacks: THROWING } },
    { 'good-up': [{ content: 'planted answer' }] },
    { connection: native, payloadCodecs: [turning], interceptors: { activity: [seeing] } },
  );
});
afterAll(async () => {
  await holdfast.close();
  await Promise.all([connection.close(), native.close()]);
});

test('a connection, interceptors and codecs of the user, in the client and in the worker, and his logger; the connection stays his', async () => {
  const warned = vi.spyOn(Runtime.instance().logger, 'warn');
  const started: string[] = [];
  const noting: WorkflowClientInterceptor = {
    start: async (input, next) => {
      started.push(input.workflowType);
      return next(input);
    },
  };
  const { taskQueue } = holdfast;
  const options = { connection, taskQueue, payloadCodecs: [turning], interceptors: { workflow: [noting] } };
  const client = await HoldfastClient.connect(options);
  const handle = await client.start({ model: 'good', messages: [{ role: 'user', content: 'planted prompt' }] });
  expect(JSON.stringify((await handle.result()).response)).toContain('planted answer');
  expect(started).toEqual(['llmCall']);
  expect(activities).toContain('callModelGroup');
  expect(await historyText(handle.callId)).not.toContain('planted');
  // What the worker itself has to say goes to the logger of the process.
  await waitFor(() => warned.mock.calls.some(([message]) => message.includes('No call is affected')));
  await client.close();
  await connection.workflowService.getSystemInfo({});
});

test.each([
  ['a client', (options: object) => HoldfastClient.connect(options)],
  ['a worker', (options: object) => startWorker(options as Parameters<typeof startWorker>[0])],
])('%s that is given a whole data converter says what to give instead', async (_what, open) => {
  const config = parseConfig(configText({ model_list: group('good') }, 'http://127.0.0.1:1'), {
    source: 'test',
    env: {},
  });
  const opened = open({ address: inject('temporalAddress'), config, dataConverter: { payloadCodecs: [turning] } });
  await expect(opened).rejects.toThrow(/^`dataConverter` is not taken.*`payloadCodecs`/);
  await expect(opened).rejects.toBeInstanceOf(TypeError);
});

test('codecs of the user come before external storage and encryption: they see plain payloads, also large ones whole, and what they make of those is stored, encrypted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-own-codecs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const seen: Payload[] = [];
  const noting: PayloadCodec = {
    encode: async (payloads) => {
      seen.push(...payloads);
      return payloads;
    },
    decode: async (payloads) => payloads,
  };
  const [keys, externalStorage] = [testRing('one') as KeyRing, { location: folder }];
  const parts = { keys, externalStorage, payloadCodecs: [noting, turning] };
  const own = await openHoldfast({ model_list: group('good') }, { 'good-up': [{ content: 'planted answer' }] }, parts);
  onTestFinished(() => own.close());
  const client = await HoldfastClient.connect({
    address: inject('temporalAddress'),
    taskQueue: own.taskQueue,
    ...parts,
  });
  onTestFinished(() => client.close());
  const content = 'planted prompt '.repeat(20_000);
  const handle = await client.start({ model: 'good', messages: [{ role: 'user', content }] });
  expect(JSON.stringify((await handle.result()).response)).toContain('planted answer');

  const textOf = ({ data }: Payload) => Buffer.from(data ?? []).toString();
  expect(new Set(seen.map(({ metadata }) => Buffer.from(metadata?.['encoding'] ?? []).toString()))).toEqual(
    new Set(['json/plain']),
  );
  expect(seen.some((payload) => textOf(payload).includes(content))).toBe(true);

  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(0);
  const stored = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')));
  const planted = ['planted', textAround('planted')];
  for (const text of [...stored, await historyText(handle.callId)]) {
    expect(planted.filter((word) => text.includes(word))).toEqual([]);
  }
  // Without the user's codecs, what was stored is what they made of it.
  const { payloadCodecs } = dataConverter({
    namespace: 'default',
    keys,
    externalStorage: externalPlace(externalStorage),
  });
  const [event] = (await new Client({ connection }).workflow.getHandle(handle.callId).fetchHistory()).events ?? [];
  const given = event?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  const [turnedInput] = await decode(payloadCodecs, given);
  expect(textOf(turned(turnedInput ?? {}))).toContain(content);
});

/** A text as `turning` leaves it, byte by byte. */
function textAround(text: string): string {
  return Buffer.from(Buffer.from(text).map((byte) => ~byte)).toString('latin1');
}
