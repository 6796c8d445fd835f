import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { HoldfastClient, type EncryptionError } from '../../src/client.js';
import type { Script } from '../../src/mock-provider/index.js';
import { historyJson, historyText, withClient } from '../helpers/call-history.js';
import { testKey, testRing } from '../helpers/encryption.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const PROMPT = 'the planted prompt';
const ANSWER = 'the planted answer';
const REFUSAL = 'the planted refusal';

const config = (...ids: string[]) => ({
  model_list: [...group('good'), ...group('bad'), ...group('hangs-once')],
  router_settings: { ...FAST, num_retries: 2, max_lost_attempts: 1 },
  ...(ids.length > 0 && { encryption: { keys: ids.map(testKey) } }),
});

const refusing = (status: number) => ({ status, body: { error: { message: REFUSAL } } });

const SCRIPT: Script = {
  'good-up': [refusing(500), { content: ANSWER }],
  'bad-up': [refusing(400)],
  'hangs-once-up': [refusing(500), { hang: true }, { content: ANSWER }],
};

const request = (model: string) => ({ model, messages: [{ role: 'user' as const, content: PROMPT }] });

let holdfast: TestHoldfast;
const opened: HoldfastClient[] = [];
beforeAll(async () => {
  holdfast = await openHoldfast(config('one'), SCRIPT);
});
afterAll(async () => {
  for (const client of opened) await client.close();
  await holdfast.close();
});

/** A client with a ring of its own. */
async function clientWith(...ids: string[]): Promise<HoldfastClient> {
  const { taskQueue } = holdfast;
  const client = await HoldfastClient.connect({
    address: inject('temporalAddress'),
    taskQueue,
    keys: testRing(...ids),
  });
  opened.push(client);
  return client;
}

async function run(model: string): Promise<{ callId: string; response: string }> {
  const handle = await holdfast.client.start(request(model));
  const ended = await handle.result().then(
    ({ response }) => JSON.stringify(response),
    (error: unknown) => (error as Error).message,
  );
  return { callId: handle.callId, response: ended };
}

test('nothing of prompt, answer or what a provider said stands in the history of a call that is answered', async () => {
  const { response, callId } = await run('good');
  expect(response).toContain(ANSWER);
  const history = await historyText(callId);
  expect(history.match(/planted/g)).toBeNull();
  expect(history).toContain('encryption-key-id');
  const inspection = await holdfast.client.handle(callId).inspect();
  expect(inspection.summary).toContain(PROMPT);
  expect(JSON.stringify(inspection.ledger)).toContain(REFUSAL);
});

test('… nor in that of one that failed: the texts of failures are in payloads', async () => {
  const { callId, response } = await run('bad');
  expect(response).toContain(REFUSAL);
  const history = await historyText(callId);
  expect(history.match(/planted/g)).toBeNull();
  expect(history).toContain('Encoded failure');
  expect((await holdfast.client.handle(callId).inspect()).now).toContain(REFUSAL);
});

test('whoever has no key for a call is told which it is; the list has the call all the same', async () => {
  const { callId } = await run('good');
  const reader = await clientWith('other');
  const error = expect.objectContaining({ name: 'EncryptionError', keyId: 'one' }) as EncryptionError;
  await expect(reader.handle(callId).inspect()).rejects.toEqual(error);
  await expect(reader.handle(callId).result()).rejects.toEqual(error);
  await expect(reader.start(request('good'), { idempotencyKey: callId })).rejects.toEqual(error);
  await waitFor(async () => {
    for await (const listed of reader.list({ state: 'answered' })) if (listed.callId === callId) return true;
    return false;
  });
});

test('a call that runs goes on under a new key, and waits where the key is missing', async () => {
  const handle = await holdfast.client.start(request('hangs-once'));
  const asked = async (times: number) => waitFor(() => holdfast.provider.callCount('hangs-once-up') === times);
  await asked(2);
  // What is pending is encrypted, too.
  await waitFor(async () => (await handle.describe()).pending?.progress?.ledger.entries.length === 1);
  expect(await pendingText(handle.callId)).not.toContain('planted');

  await holdfast.replaceWorker(config('two'));
  // More attempts than may be lost with their workers.
  await waitFor(async () => {
    const pending = await pendingText(handle.callId);
    return pending.includes('add it to encryption.keys') && Number(/"attempt":(\d+)/.exec(pending)?.[1]) > 5;
  });
  expect((await handle.describe()).state).toBe('running');

  await holdfast.replaceWorker(config('two', 'one'));
  await asked(3);
  const both = await clientWith('two', 'one');
  const { response, report } = await both.handle(handle.callId).result();
  expect(JSON.stringify(response)).toContain(ANSWER);
  expect(report.ledger.entries.map(({ outcome }) => outcome)).toEqual(['failed', 'interrupted', 'answered']);
  await expect(handle.result()).rejects.toMatchObject({ keyId: 'two' });
});

test('a call waits for a worker that has its key before it has begun', async () => {
  await holdfast.replaceWorker(config('two'));
  const handle = await holdfast.client.start(request('good'));
  await waitFor(async () => (await historyJson(handle.callId)).includes('add it to encryption.keys'));
  expect((await handle.describe()).state).toBe('running');
  await holdfast.replaceWorker(config('one', 'two'));
  const { response, report } = await handle.result();
  expect(JSON.stringify(response)).toContain(ANSWER);
  // Who had the first workflow task asked nobody.
  expect(report.ledger.entries.map(({ outcome }) => outcome)).not.toContain('lost');
  expect(report.attempts).toBe(report.ledger.entries.length);
});

test('it is told how much is under which key', async () => {
  const { client, taskQueue } = holdfast;
  // The list tells of an end a little later.
  const found = await waitFor(async () => {
    const { keys } = await client.keysInUse({ limit: 100, taskQueue });
    const overUnder = (id: string) => keys.find(({ keyId }) => keyId === id)?.over ?? 0;
    return overUnder('one') > 1 && overUnder('two') > 0 ? keys : null;
  });
  expect(new Set(found.map(({ keyId }) => keyId))).toEqual(new Set(['one', 'two']));
  expect((await client.keysInUse({ limit: 2, taskQueue })).scanned).toBe(2);
});

/** What Temporal keeps of activities that are not over. */
async function pendingText(callId: string): Promise<string> {
  const { pendingActivities } = await withClient(({ workflowService }) =>
    workflowService.describeWorkflowExecution({ namespace: 'default', execution: { workflowId: callId } }),
  );
  return JSON.stringify(pendingActivities, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : value,
  );
}
