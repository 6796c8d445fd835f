import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { HoldfastClient, keyRing, type KeyRing } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import type { Script } from '../../src/mock-provider/index.js';
import { startWorker } from '../../src/worker.js';
import { historyJson } from '../helpers/call-history.js';
import { testRing } from '../helpers/encryption.js';
import { configText, FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [...group('held'), ...group('bad'), ...group('retried'), ...group('good')],
  router_settings: { ...FAST, num_retries: 1, max_lost_attempts: 1 },
};

const refusal = { body: { error: { message: 'no' } } };

const SCRIPT: Script = {
  'held-up': [{ content: 'yes', hold: true }],
  'bad-up': [{ status: 400, hold: true, ...refusal }],
  'retried-up': [{ status: 500, hold: true, ...refusal }, { content: 'yes' }],
  'good-up': [{ content: 'yes' }],
};

/** A ring that asks a key management service, which may be away. */
class SlowRing implements KeyRing {
  readonly #keys = testRing('one', 'two') as KeyRing;
  isAway = false;
  asked = 0;

  current = () => this.#ask(() => this.#keys.current());
  find = (id: string) => this.#ask(() => this.#keys.find(id));

  async #ask<T>(give: () => Promise<T>): Promise<T> {
    this.asked += 1;
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (this.isAway) throw new Error('the key service is away');
    return give();
  }
}

const ring = new SlowRing();
let holdfast: TestHoldfast;
const opened: HoldfastClient[] = [];
const connect = async (keys: KeyRing): Promise<HoldfastClient> => {
  const { taskQueue } = holdfast;
  const client = await HoldfastClient.connect({ address: inject('temporalAddress'), taskQueue, keys });
  opened.push(client);
  return client;
};
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, SCRIPT, { keys: ring });
});
afterAll(async () => {
  for (const client of opened) await client.close();
  await holdfast.close();
});
beforeEach(() => {
  ring.isAway = false;
  holdfast.provider.setScript(SCRIPT);
});

const request = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'Hello' }] });

const started = async (client: HoldfastClient, model: string) => {
  const before = holdfast.provider.callCount(`${model}-up`);
  const handle = await client.start(request(model));
  await waitFor(() => holdfast.provider.callCount(`${model}-up`) === before + 1);
  return handle;
};

test.each(['held', 'bad', 'retried'])(
  'a ring of keys that fails while attempts are under way, as of "%s": with the keys that it gave the call comes to its end, and nothing is asked twice',
  async (model) => {
    const handle = await started(await connect(ring), model);
    ring.isAway = true;
    holdfast.provider.release();
    const ended = await handle.result().catch((error: unknown) => error);
    expect(ended).toMatchObject(
      model === 'bad' ? { kind: 'BadRequestError' } : { report: { retries: model === 'retried' ? 1 : 0 } },
    );
    expect(holdfast.provider.callCount(`${model}-up`)).toBe(model === 'retried' ? 2 : 1);
  },
);

test('a call whose key the ring never gave waits while it fails, without much asking, and goes on when it is back', async () => {
  const client = await connect(testRing('two') as KeyRing);
  ring.isAway = true;
  ring.asked = 0;
  const [asked, before] = [holdfast.provider.callCount('good-up'), performance.now()];
  const handle = await client.start(request('good'));
  await waitFor(async () => (await historyJson(handle.callId)).includes('the key service is away'));
  expect((await handle.describe()).state).toBe('running');
  expect(ring.asked).toBeLessThan(20 + (performance.now() - before) / 100);
  ring.isAway = false;
  const reader = await connect(ring);
  await reader.handle(handle.callId).result();
  expect(holdfast.provider.callCount('good-up')).toBe(asked + 1);
});

test('a client whose ring fails says so, and starts nothing', async () => {
  const before = holdfast.provider.callCount('good-up');
  const away = new SlowRing();
  away.isAway = true;
  const client = await connect(away);
  await expect(client.start(request('good'), { idempotencyKey: 'with-a-ring-that-is-away' })).rejects.toMatchObject({
    name: 'EncryptionError',
    message: expect.stringContaining('the key service is away'),
  });
  expect(holdfast.provider.callCount('good-up')).toBe(before);
});

test.each<[string, () => KeyRing, string]>([
  ['fails', () => Object.assign(new SlowRing(), { isAway: true }), 'the key service is away'],
  ['has keys of another length', () => keyRing([{ id: 'short', key: Buffer.alloc(16) }]) as KeyRing, '32 bytes'],
  [
    'gives none',
    () => ({ current: async () => undefined, find: async () => null }) as unknown as KeyRing,
    'cannot give',
  ],
])('a worker whose ring %s does not start, and says why', async (_what, make, why) => {
  const config = parseConfig(configText(CONFIG, holdfast.provider.url), { source: 'test', env: {} });
  const worker = startWorker({
    config,
    address: inject('temporalAddress'),
    taskQueue: holdfast.taskQueue,
    keys: make(),
  });
  const message = expect.stringContaining(why) as string;
  await expect(worker).rejects.toMatchObject({ name: 'EncryptionError', message });
});
