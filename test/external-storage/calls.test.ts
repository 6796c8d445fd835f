import { createCipheriv, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { HoldfastClient } from '../../src/client.js';
import { lookingClient } from '../../src/client/looking-client.js';
import { rowCallId } from '../../src/core/batch/batch.js';
import { neededPayloads } from '../../src/worker/needed-payloads.js';
import { historyText, withClient } from '../helpers/call-history.js';
import { testKey, testRing } from '../helpers/encryption.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const { CommandType } = proto.temporal.api.enums.v1;

const MB = 1024 * 1024;

/** A text without a pattern, the same each time, that has a word now and then. */
function textOfBytes(seed: number, bytes: number): string {
  const random = createCipheriv('aes-256-ctr', Buffer.alloc(32, seed), Buffer.alloc(16)).update(Buffer.alloc(bytes));
  return random.toString('base64').slice(0, bytes).replaceAll(/aa./g, ' planted ');
}

let folder: string;
let holdfast: TestHoldfast;

const config = (location: string) => ({
  model_list: [...group('good'), ...group('large'), ...group('held')],
  router_settings: { ...FAST, num_retries: 1 },
  encryption: { keys: [testKey('one')] },
  external_storage: { location, max_payload_mb: 8 },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-payloads-'));
  const large = textOfBytes(1, 3 * MB);
  holdfast = await openHoldfast(config(folder), {
    'good-up': [{ content: 'yes' }],
    'large-up': [{ content: large }],
    'held-up': [{ content: large, hold: true }],
  });
});
afterAll(async () => {
  await holdfast.close();
  await rm(folder, { recursive: true });
});

const request = (model: string, bytes: number) => ({
  model,
  messages: [{ role: 'user' as const, content: textOfBytes(2, bytes) }],
});

async function files(under = folder): Promise<string[]> {
  const found = await readdir(under, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The pieces of a call, by their names, with their sizes. */
async function piecesOf(callId: string): Promise<Map<string, number>> {
  const all = await Promise.all((await files()).map(async (file) => [file, await readFile(file)] as const));
  const own = all.filter(([, bytes]) => bytes.toString('latin1', 0, 200).includes(`"${callId}"`));
  return new Map(own.map(([file, bytes]) => [file, bytes.length]));
}

function textOf(response: unknown): string {
  return (response as { choices: [{ message: { content: string } }] }).choices[0].message.content;
}

test('a request and an answer that are larger than Temporal takes: both are kept, each once, and neither in plain text', async () => {
  const handle = await holdfast.client.start(request('large', 4 * MB));
  const { response } = await handle.result();
  expect(textOf(response).length).toBeGreaterThanOrEqual(3 * MB);
  const history = await historyText(handle.callId);
  expect(history.length).toBeLessThan(200_000);
  const pieces = await piecesOf(handle.callId);
  const bytes = [...pieces.values()].reduce((sum, size) => sum + size, 0);
  // Both stand in the history several times, each time with something else around them, which is stored apart.
  expect(bytes).toBeGreaterThan(7 * MB);
  expect(bytes).toBeLessThan(7.1 * MB);
  for (const file of pieces.keys()) expect((await readFile(file)).includes('planted')).toBe(false);
  expect((await handle.describe()).state).toBe('answered');
  expect((await handle.inspect()).ledger.entries.at(-1)?.outcome).toBe('answered');
});

test('a small one goes through Temporal', async () => {
  const handle = await holdfast.client.start(request('good', 100));
  await handle.result();
  expect((await piecesOf(handle.callId)).size).toBe(0);
});

test('a request above the limit of the config is refused before anything is started', async () => {
  await expect(holdfast.client.start(request('good', 9 * MB))).rejects.toMatchObject({
    kind: 'RequestTooLargeError',
    message: expect.stringContaining(`at most ${8 * MB} can be kept`),
  });
});

test('a client without external storage refuses what Temporal does not take, and reads what others have stored', async () => {
  const { taskQueue } = holdfast;
  const client = await HoldfastClient.connect({ address: inject('temporalAddress'), taskQueue, keys: testRing('one') });
  try {
    await expect(client.start(request('large', 4 * MB))).rejects.toMatchObject({ kind: 'RequestTooLargeError' });
    const { response } = await client.execute(request('large', 100));
    expect(textOf(response).length).toBeGreaterThanOrEqual(3 * MB);
  } finally {
    await client.close();
  }
});

test('a storage that is away while an answer comes: the call waits, and the provider is asked once', async () => {
  const before = holdfast.provider.callCount('held-up');
  const handle = await holdfast.client.start(request('held', 100));
  await waitFor(() => holdfast.provider.callCount('held-up') === before + 1);
  const aside = `${folder}-aside`;
  await rename(folder, aside);
  // Something that is no folder is in its place.
  await writeFile(folder, '');
  holdfast.provider.release();
  // The worker has the answer, and tries to store it again and again.
  await waitFor(async () => {
    const progress = (await handle.describe()).pending?.progress;
    return progress?.ledger.entries.at(-1)?.outcome === 'answered';
  });
  await rm(folder);
  await rename(aside, folder);
  const { response } = await handle.result();
  expect(textOf(response).length).toBeGreaterThanOrEqual(3 * MB);
  expect(holdfast.provider.callCount('held-up')).toBe(before + 1);
});

test('what a call has stored is needed as long as the namespace keeps it, the batch whose row it was, or a workflow whose child it was', async () => {
  const handle = await holdfast.client.start(request('good', 100));
  await handle.result();
  const [batchId, parentId, child] = ['batch', 'parent', 'child'].map((what) => `${what}-${randomUUID()}`) as [
    string,
    string,
    string,
  ];
  const kept = [handle.callId, rowCallId(batchId, 7), child];
  const gone = [`call-${randomUUID()}`, rowCallId(`batch-${randomUUID()}`, 7)];
  const needed = await withClient(async (client) => {
    // Nobody runs them.
    const taskQueue = `none-${randomUUID()}`;
    const started = [batchId, parentId].map((workflowId) =>
      client.workflow.start('ofSomebody', { workflowId, taskQueue: `${taskQueue}-${workflowId}` }),
    );
    await Promise.all(started);
    await startChild(client, { taskQueue: `${taskQueue}-${parentId}`, child });
    await forget(client, child);
    await waitFor(async () => (await client.workflow.count(`WorkflowId = "${parentId}"`)).count === 1);
    const neededOf = neededPayloads(lookingClient(client.connection, { namespace: 'default' }, { withoutKeys: true }));
    const found = await neededOf(new Set([...kept, ...gone]));
    for (const id of [batchId, parentId]) await client.workflow.getHandle(id).terminate();
    return found;
  });
  expect(needed).toEqual(new Set(kept));
});

/** Does the first task of a workflow, which starts a child that nobody runs either. */
async function startChild(
  { connection, workflowService }: Client,
  { taskQueue, child }: { taskQueue: string; child: string },
): Promise<void> {
  const [namespace, queue] = ['default', { name: taskQueue }];
  const { taskToken } = await connection.withDeadline(Date.now() + 60_000, () =>
    workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: queue }),
  );
  await workflowService.respondWorkflowTaskCompleted({
    namespace,
    taskToken,
    commands: [
      {
        commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
        startChildWorkflowExecutionCommandAttributes: {
          namespace,
          workflowId: child,
          workflowType: { name: 'ofSomebody' },
          taskQueue: queue,
        },
      },
    ],
  });
}

/** Has Temporal forget a workflow, as it does after the retention. */
async function forget({ workflow, workflowService }: Client, workflowId: string): Promise<void> {
  const isThere = () =>
    workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => true,
        () => false,
      );
  await waitFor(isThere);
  await workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution: { workflowId } });
  await waitFor(async () => !(await isThere()));
}

test('an object that is gone: the reader is told which, and reads it when it is back', async () => {
  const handle = await holdfast.client.start(request('large', 100));
  await handle.result();
  const pieces = [...(await piecesOf(handle.callId)).keys()];
  for (const file of pieces) await rename(file, `${file}.aside`);
  const { taskQueue } = holdfast;
  const reader = await HoldfastClient.connect({ address: inject('temporalAddress'), taskQueue, keys: testRing('one') });
  try {
    const gone = { name: 'ExternalStorageError', code: 'missing', message: expect.stringContaining(folder) };
    const error: unknown = await reader
      .handle(handle.callId)
      .result()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(gone);
    for (const file of pieces) await rename(`${file}.aside`, file);
    await reader.handle(handle.callId).result();
  } finally {
    await reader.close();
  }
});
