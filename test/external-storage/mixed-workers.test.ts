import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import { historyText } from '../helpers/call-history.js';
import { testKey, testRing } from '../helpers/encryption.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

/** What of a config the workers of a deploy have, one after the other. */
interface Data {
  readonly external_storage?: { readonly location: string };
  readonly encryption?: { readonly keys: readonly object[] };
}

const ENCRYPTION = { encryption: { keys: [testKey('one')] } };

const config = (data: Data) => ({ model_list: group('good'), router_settings: FAST, ...data });

const LARGE = 'a large text '.repeat(20_000);

const request = { model: 'good', messages: [{ role: 'user' as const, content: LARGE }] };

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-mixed-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** The client is of the first config, and stays. */
async function open(data: Data, isHeld = false): Promise<TestHoldfast> {
  const holdfast = await openHoldfast(config(data), { 'good-up': [{ content: LARGE, ...(isHeld && { hold: true }) }] });
  onTestFinished(() => holdfast.close());
  return holdfast;
}

const answerOf = ({ response }: { response: unknown }): string =>
  (response as { choices: [{ message: { content: string } }] }).choices[0].message.content;

async function isStored(folder: string): Promise<boolean> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.some((entry) => entry.isFile() && /^[\da-f]{64}$/.test(entry.name));
}

test('a call whose payloads are in external storage is taken by a worker that has none: it reads where they say', async () => {
  const folder = await newFolder();
  const holdfast = await open({ external_storage: { location: folder } });
  await holdfast.replaceWorker(config({}));
  expect(answerOf(await holdfast.client.execute(request, { idempotencyKey: randomUUID() }))).toBe(LARGE);
  expect(await isStored(folder)).toBe(true);
  expect(holdfast.provider.callCount('good-up')).toBe(1);
});

test('one that is encrypted, too, waits while no worker has its key, says so, and goes on in one that has no more than that', async () => {
  const folder = await newFolder();
  const holdfast = await open({ external_storage: { location: folder }, ...ENCRYPTION });
  await holdfast.replaceWorker(config({}));
  const handle = await holdfast.client.start(request);
  await waitFor(async () => (await historyText(handle.callId)).includes('under the key \\"one\\"'));
  expect((await handle.describe()).state).toBe('running');
  expect(holdfast.provider.callCount('good-up')).toBe(0);
  await holdfast.replaceWorker(config(ENCRYPTION));
  expect(answerOf(await handle.result())).toBe(LARGE);
  expect(holdfast.provider.callCount('good-up')).toBe(1);
  expect(await historyText(handle.callId)).not.toContain('a large text');
});

test('a call that was begun without both goes on in a worker that has them: what was plain is read, what is new is stored and encrypted', async () => {
  const folder = await newFolder();
  const holdfast = await open({}, true);
  const handle = await holdfast.client.start(request);
  await waitFor(() => holdfast.provider.callCount('good-up') === 1);
  await holdfast.replaceWorker(config({ external_storage: { location: folder }, ...ENCRYPTION }));
  holdfast.provider.setScript({ 'good-up': [{ content: LARGE }] });
  holdfast.provider.release();
  const { taskQueue } = holdfast;
  const address = inject('temporalAddress');
  const reader = await HoldfastClient.connect({ address, taskQueue, keys: testRing('one') });
  onTestFinished(() => reader.close());
  expect(answerOf(await reader.handle(handle.callId).result())).toBe(LARGE);
  expect(await isStored(folder)).toBe(true);
  // A client of before is told which key it needs, and loses nothing.
  await expect(handle.result()).rejects.toMatchObject({ name: 'EncryptionError', keyId: 'one' });
});
