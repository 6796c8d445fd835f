import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { lookingClient } from '../../src/client/looking-client.js';
import { openStorage } from '../../src/storage/index.js';
import { ownStorage } from '../../src/temporal/own-storage.js';
import { isWorkflowGone } from '../../src/temporal/is-workflow-gone.js';
import { neededPayloads } from '../../src/worker/needed-payloads.js';
import { runSweeps } from '../../src/worker/run-sweeps.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { newNamespace } from '../helpers/namespace.js';
import { waitFor } from '../helpers/wait-for.js';

const DAY_MS = 24 * 3_600_000;
const PROMPT = 'a large prompt '.repeat(30_000);

let folder: string;
let connection: Connection;
let namespaces: [string, string];
let holdfasts: [TestHoldfast, TestHoldfast];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-namespaces-'));
  connection = await Connection.connect({ address: inject('temporalAddress') });
  const config = { model_list: group('held'), router_settings: FAST, external_storage: { location: folder } };
  const script = { 'held-up': [{ content: PROMPT, hold: true as const }] };
  namespaces = [await newNamespace(connection), await newNamespace(connection)];
  const [one, other] = namespaces;
  holdfasts = [
    await openHoldfast(config, script, { namespace: one }),
    await openHoldfast(config, script, { namespace: other }),
  ];
});
afterAll(async () => {
  await Promise.all(holdfasts.map((holdfast) => holdfast.close()));
  await connection.close();
  await rm(folder, { recursive: true });
});

/** Lets a worker's sweep of a namespace run once, as it will in four days. Returns what its log says. */
async function sweepOnce(namespace: string): Promise<string[]> {
  const laterMs = Date.now() + 4 * DAY_MS;
  const place = await ownStorage(connection, {
    namespace,
    externalStorage: { location: pathToFileURL(folder).href, maxPayloadBytes: 0, leastBytes: 0 },
  });
  const storage = openStorage();
  const once = new AbortController();
  const logged: string[] = [];
  const log = (line: string): void => {
    logged.push(line);
    once.abort();
  };
  await runSweeps(
    {
      // The storage's clock, too, is that of then.
      storage: {
        ...storage,
        create: async (location, text) => {
          const isNew = await storage.create(location, text);
          await utimes(new URL(location), laterMs / 1000, laterMs / 1000);
          return isNew;
        },
      },
      place: place!.location,
      namespace,
      clock: { now: () => laterMs, sleep: async () => undefined },
      random: () => 0,
      neededOf: neededPayloads(lookingClient(connection, { namespace }, { withoutKeys: true })),
      log: { info: log, warn: log },
    },
    once.signal,
  );
  return logged;
}

/** The pieces that a namespace has. */
async function piecesOf(namespace: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => file.includes(`/${namespace}/`) && /\/[\da-f]{64}$/.test(file)).toSorted();
}

/** Has Temporal forget a call, as it does after the retention. */
async function forget(namespace: string, workflowId: string): Promise<void> {
  const { workflowService } = connection;
  const execution = { namespace, execution: { workflowId } };
  await workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  await waitFor(() => workflowService.describeWorkflowExecution(execution).then(() => false, isWorkflowGone));
}

test('a sweep of one of two namespaces in a folder removes what is gone there, and nothing of a call with the same id in the other', async () => {
  const [one, other] = namespaces;
  const [goneId, keptId] = [`gone-${randomUUID()}`, `kept-${randomUUID()}`];
  const start = (holdfast: TestHoldfast, idempotencyKey: string) =>
    holdfast.client.start({ model: 'held', messages: [{ role: 'user', content: PROMPT }] }, { idempotencyKey });
  const [gone, kept] = [await start(holdfasts[0], goneId), await start(holdfasts[0], keptId)];
  const others = [await start(holdfasts[1], goneId), await start(holdfasts[1], keptId)];
  await waitFor(() => holdfasts.every(({ provider }) => provider.callCount() === 2));
  const before = await piecesOf(one);
  const ofOther = await piecesOf(other);
  await forget(one, gone.callId);
  const lines = await Promise.all([sweepOnce(one), sweepOnce(other)]);
  expect(lines.flat()).toEqual([
    expect.stringMatching(/^payloads of 1 workflows that are gone were removed from .*, those of 1 kept$/),
    expect.stringMatching(/^payloads of 0 workflows that are gone were removed from .*, those of 2 kept$/),
  ]);
  expect(await piecesOf(other)).toEqual(ofOther);
  expect((await piecesOf(one)).length).toBe(before.length / 2);
  // They go on, and are read.
  for (const { provider } of holdfasts) provider.release();
  for (const handle of [kept, ...others]) expect(JSON.stringify((await handle.result()).response)).toContain(PROMPT);
});
