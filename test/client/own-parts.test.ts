import { fileURLToPath } from 'node:url';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { Connection } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { NativeConnection, Runtime, type ActivityInterceptorsFactory } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import { historyText } from '../helpers/call-history.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
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
