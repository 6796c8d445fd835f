import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { beforeEach, expect, inject, onTestFinished, test, vi } from 'vitest';
import { parseConfig } from '../../src/config/index.js';
import { HoldfastPlugin } from '../../src/plugin.js';
import { testKey } from '../helpers/encryption.js';
import { configText, group } from '../helpers/holdfast.js';

const LARGE = 'all that was said '.repeat(4_000);

let folder: string;
let plugin: HoldfastPlugin;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-client-payloads-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const parts = { encryption: { keys: [testKey('one')] }, external_storage: { location: folder } };
  const yaml = configText({ model_list: group('good'), ...parts }, 'http://127.0.0.1:1');
  plugin = new HoldfastPlugin({ config: parseConfig(yaml, { source: 'test', env: {} }) });
});

test("what a client with the plugin stores lies below the namespace's id, where the sweep looks; a server that is away for a moment is asked again", async () => {
  const connection = Connection.lazy({ address: inject('temporalAddress') });
  onTestFinished(() => connection.close());
  const client = new Client({ connection, plugins: [plugin] });
  const [workflowId, taskQueue] = [`somebodys-${randomUUID()}`, `none-${randomUUID()}`];
  const asked = vi.spyOn(connection.workflowService, 'describeNamespace').mockRejectedValueOnce(new Error('away'));
  const start = () => client.workflow.start('ofSomebody', { args: [LARGE], workflowId, taskQueue });
  await expect(start()).rejects.toThrow('away');
  expect(await readdir(folder)).toEqual([]);
  const handle = await start();
  onTestFinished(() => handle.terminate().then(() => undefined));
  await handle.describe();
  const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace: 'default' });
  expect(await readdir(folder)).toEqual([namespaceInfo?.id]);
  // Of these one is of this test.
  expect(asked).toHaveBeenCalledTimes(3);
});

test('a replay stores nothing', async () => {
  const { dataConverter } = plugin.configureReplayWorker({ workflowsPath: 'any' });
  const context = { type: 'workflow' as const, namespace: 'default', workflowId: 'replayed' };
  for (const codec of dataConverter?.payloadCodecs ?? []) {
    await codec.encode([defaultPayloadConverter.toPayload(LARGE)], context);
  }
  expect(await readdir(folder)).toEqual([]);
});
