import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { HoldfastClient, Timeout } from '../../src/client.js';

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
