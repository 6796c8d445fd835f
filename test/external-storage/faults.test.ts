import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import type { Script } from '../../src/mock-provider/index.js';
import { historyText, withClient } from '../helpers/call-history.js';
import { testRows, writeBatch } from '../helpers/batch.js';
import { testKey, testRing } from '../helpers/encryption.js';
import { openForwarder } from '../helpers/forwarder.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { skipWithout } from '../helpers/requirements.js';
import { makeS3Bucket } from '../helpers/s3-bucket.js';
import { fillDisk, mountSmallDisk, type SmallDisk } from '../helpers/small-disk.js';
import { waitFor } from '../helpers/wait-for.js';

const MB = 1024 * 1024;

const config = (location: string, ...ids: string[]) => ({
  model_list: [...group('good'), ...group('large'), ...group('held'), ...group('streams')],
  router_settings: { ...FAST, num_retries: 1 },
  external_storage: { location, max_payload_mb: 8 },
  ...(ids.length > 0 && { encryption: { keys: ids.map(testKey) } }),
});

const SCRIPT: Script = {
  'good-up': [{ content: 'yes' }],
  'large-up': [{ content: 'an answer '.repeat(MB / 5) }],
  'held-up': [{ content: 'yes', hold: true }],
  'streams-up': [{ sse: ['yes', ' sir'], hold: true }],
};

const request = (model: string, bytes: number) => ({
  model,
  messages: [{ role: 'user' as const, content: 'a question '.repeat(bytes / 11) }],
});

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Opened anew for a test. */
async function open(location: string, ...ids: string[]): Promise<TestHoldfast> {
  const holdfast = await openHoldfast(config(location, ...ids), SCRIPT);
  onTestFinished(() => holdfast.close());
  return holdfast;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-payloads-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** What Temporal keeps of why the activities of a call have failed so far. */
async function pendingText(callId: string): Promise<string> {
  const { pendingActivities } = await withClient(({ workflowService }) =>
    workflowService.describeWorkflowExecution({ namespace: 'default', execution: { workflowId: callId } }),
  );
  return JSON.stringify(pendingActivities);
}

describe('a payload of a call that runs', () => {
  const spoil: Record<string, (file: string) => Promise<void>> = {
    'is gone': async (file) => rm(file),
    'is damaged': async (file) => writeFile(file, (await readFile(file)).reverse()),
    'is empty': async (file) => writeFile(file, ''),
    'is cut short': async (file) => truncate(file, 1000),
  };

  test.each(Object.keys(spoil))('that %s: the call waits, says so, and goes on when it is back', async (what) => {
    const folder = await newFolder();
    const holdfast = await open(folder, 'one');
    const handle = await holdfast.client.start(request('held', 300_000));
    await waitFor(() => holdfast.provider.callCount('held-up') === 1);
    const files = (await filesIn(folder)).filter((file) => !file.includes('/probes/'));
    const kept = await Promise.all(files.map((file) => readFile(file)));
    for (const file of files) await spoil[what]?.(file);
    // Another worker has to read it.
    await holdfast.replaceWorker();
    await waitFor(async () =>
      `${await historyText(handle.callId)} ${await pendingText(handle.callId)}`.includes(
        what === 'is gone' ? 'bring it back from a backup' : 'is damaged',
      ),
    );
    expect((await handle.describe()).state).toBe('running');
    for (const [index, file] of files.entries()) await writeFile(file, kept[index] ?? '');
    holdfast.provider.setScript({ ...SCRIPT, 'held-up': [{ content: 'yes' }] });
    expect(JSON.stringify((await handle.result()).response)).toContain('yes');
  });
});

test('keys are rotated while 100 calls, a batch and a stream run: each comes to its end, and is read with both keys', async () => {
  const folder = await newFolder();
  const holdfast = await open(folder, 'one');
  const { taskQueue } = holdfast;
  const reader = await HoldfastClient.connect({
    address: inject('temporalAddress'),
    taskQueue,
    keys: testRing('one', 'two'),
  });
  onTestFinished(() => reader.close());
  const handles = await Promise.all(Array.from({ length: 100 }, () => holdfast.client.start(request('held', 1000))));
  const { input, output, outputFile } = await writeBatch(testRows(8, ['held']));
  const batch = await reader.batches.submit({ input, output, mode: 'packed' });
  const lastEvent = lastOf(reader.stream(request('streams', 1000), { restart: true }));
  await waitFor(() => holdfast.provider.callCount('held-up') >= handles.length + 8);
  await waitFor(() => holdfast.provider.callCount('streams-up') === 1);
  // The first step: all know the new key. The second: new data is under it.
  await holdfast.replaceWorker(config(folder, 'one', 'two'));
  holdfast.provider.setScript({ ...SCRIPT, 'held-up': [{ content: 'yes' }], 'streams-up': [{ sse: ['yes', ' sir'] }] });
  await holdfast.replaceWorker(config(folder, 'two', 'one'));
  for (const { callId } of handles) {
    const { report } = await reader.handle(callId).result();
    expect(report.ledger.entries.at(-1)?.outcome).toBe('answered');
  }
  expect(await batch.result()).toMatchObject({ state: 'completed', counts: { answered: 8 } });
  expect((await readFile(outputFile, 'utf8')).match(/"yes"/g)).toHaveLength(8);
  expect(JSON.stringify(await lastEvent)).toContain('yes sir');
});

async function lastOf<T>(events: AsyncIterable<T>): Promise<T | undefined> {
  let last: T | undefined;
  for await (const event of events) last = event;
  return last;
}

describe.skipIf(skipWithout('mounts'))('a disk that is full', () => {
  let disk: SmallDisk;
  beforeAll(() => {
    disk = mountSmallDisk(3_000);
  });
  afterAll(() => disk.unmount());

  test('when a call is started: nothing is started; when its answer comes: that waits for room, and is asked for once', async () => {
    const holdfast = await open(disk.path);
    await fillDisk(join(disk.path, 'others'));
    await expect(holdfast.client.start(request('good', 4 * MB))).rejects.toMatchObject({
      name: 'ExternalStorageError',
      code: 'full',
    });
    const handle = await holdfast.client.start(request('large', 100));
    await waitFor(
      async () => (await handle.describe()).pending?.progress?.ledger.entries.at(-1)?.outcome === 'answered',
    );
    disk.grow(20_000);
    expect(JSON.stringify((await handle.result()).response).length).toBeGreaterThan(2 * MB);
    expect(holdfast.provider.callCount('large-up')).toBe(1);
  });
});

describe.skipIf(skipWithout('python-moto'))('a bucket', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('has the large payloads of a call, encrypted, and whoever reads it finds them there', async () => {
    const s3 = await makeS3Bucket();
    for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
    const holdfast = await open(`s3://${s3.bucket}/payloads`, 'one');
    const handle = await holdfast.client.start(request('large', 3 * MB));
    await handle.result();
    const { taskQueue } = holdfast;
    const reader = await HoldfastClient.connect({
      address: inject('temporalAddress'),
      taskQueue,
      keys: testRing('one'),
    });
    onTestFinished(() => reader.close());
    const { response } = await reader.handle(handle.callId).result();
    expect(JSON.stringify(response).length).toBeGreaterThan(2 * MB);
    expect((await historyText(handle.callId)).length).toBeLessThan(200_000);
  });

  test('that is away while an answer comes, and while another call is started: the one waits, and is asked for once', async () => {
    const s3 = await makeS3Bucket();
    const forwarder = await openForwarder(new URL(s3.url).host);
    onTestFinished(() => forwarder.close());
    const env = { ...s3.env, AWS_ENDPOINT_URL: `http://${forwarder.address}` };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const holdfast = await open(`s3://${s3.bucket}/payloads`, 'one');
    const large = 'an answer '.repeat(MB / 5);
    holdfast.provider.setScript({ ...SCRIPT, 'held-up': [{ content: large, hold: true }] });
    const handle = await holdfast.client.start(request('held', 3 * MB));
    await waitFor(() => holdfast.provider.callCount('held-up') === 1);
    forwarder.cut();
    holdfast.provider.release();
    await waitFor(
      async () => (await handle.describe()).pending?.progress?.ledger.entries.at(-1)?.outcome === 'answered',
    );
    await expect(holdfast.client.start(request('good', 3 * MB))).rejects.toMatchObject({ code: 'unavailable' });
    forwarder.mend();
    expect(JSON.stringify((await handle.result()).response).length).toBeGreaterThan(2 * MB);
    expect(holdfast.provider.callCount('held-up')).toBe(1);
    expect(holdfast.provider.callCount('good-up')).toBe(0);
  });
});
