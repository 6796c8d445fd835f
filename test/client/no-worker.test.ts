import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { HoldfastClient, Timeout } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { startMockProvider } from '../../src/mock-provider/index.js';
import { startWorker } from '../../src/worker.js';
import { configText, group } from '../helpers/holdfast.js';
import { installTestRuntime } from '../helpers/temporal.js';

let client: HoldfastClient;
beforeAll(async () => {
  client = await HoldfastClient.connect({ address: inject('temporalAddress'), taskQueue: `nobody-${randomUUID()}` });
});
afterAll(() => client.close());

test('a call that no worker takes ends soon after its timeout, also for those who join it', async () => {
  const request = { model: 'any', messages: [{ role: 'user' as const, content: 'hi' }], timeout: 1 };
  const key = `key-${randomUUID()}`;
  const asked = await Promise.allSettled([1, 2].map(() => client.execute(request, { idempotencyKey: key })));
  for (const { reason } of asked as PromiseRejectedResult[]) {
    expect(reason).toBeInstanceOf(Timeout);
    expect(reason).toMatchObject({ status: 408, callId: key, message: expect.stringContaining('no worker took call') });
  }
  expect(await client.handle(key).inspect()).toMatchObject({ state: 'timed out', ledger: { entries: [] } });
  // It may be asked for again: another run.
  const again = await client.start(request, { idempotencyKey: key });
  expect(again.startedRunId).not.toBeNull();
  await again.cancel();
});

test('a call whose time is over when a worker comes is not made', async () => {
  installTestRuntime();
  const taskQueue = `late-${randomUUID()}`;
  const address = inject('temporalAddress');
  const provider = await startMockProvider({});
  const late = await HoldfastClient.connect({ address, taskQueue });
  const call = await late.start({ model: 'ok', messages: [{ role: 'user', content: 'hi' }], timeout: 1 });
  await sleep(1_100);
  const worker = await startWorker({
    config: parseConfig(configText({ model_list: group('ok') }, provider.url), { source: 'test', env: {} }),
    address,
    taskQueue,
    drainSeconds: 0,
    workflowBundle: { codePath: inject('workflowBundlePath') },
  });
  await expect(call.result()).rejects.toBeInstanceOf(Timeout);
  expect(provider.callCount()).toBe(0);
  worker.stop();
  await worker.stopped;
  await late.close();
  await provider.close();
});
