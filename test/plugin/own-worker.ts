import { fileURLToPath } from 'node:url';
import { Client, type WorkflowHandle } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { SimplePlugin } from '@temporalio/plugin';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { HoldfastClient, keyRing } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { HoldfastPlugin } from '../../src/plugin.js';
import { testKey } from '../helpers/encryption.js';
import { FAST, configText, group } from '../helpers/holdfast.js';
import { openTemporal } from '../helpers/temporal.js';

const CONFIG = {
  model_list: [...group('good'), ...group('down'), ...group('bad'), ...group('slow')],
  router_settings: { ...FAST, num_retries: 1 },
  encryption: { keys: [testKey('one')] },
};

const SCRIPT = { 'good-up': 'ok', 'down-up': '503', 'bad-up': '400', 'slow-up': 'hang' };

/** Turns the bytes of payloads round, and says so. */
const turning: PayloadCodec = {
  encode: async (payloads) => payloads.map((payload) => turned(payload, { turned: Buffer.from('yes') })),
  decode: async (payloads) =>
    payloads.map((payload) => (payload.metadata?.['turned'] === undefined ? payload : turned(payload, {}))),
};

function turned({ metadata: before, data }: Payload, more: Record<string, Uint8Array>): Payload {
  const { turned: _, ...metadata } = before ?? {};
  return { metadata: { ...metadata, ...more }, data: Uint8Array.from(data ?? []).toReversed() };
}

const another = new SimplePlugin({
  name: 'another',
  activities: { punctuation: async () => '!' },
  dataConverter: { payloadCodecs: [turning] },
});

export interface OwnWorker {
  readonly provider: MockProvider;
  readonly taskQueue: string;
  /** Temporal's client, with the worker's plugins. */
  readonly client: Client;
  /** Holdfast's, for the same task queue. */
  readonly holdfast: HoldfastClient;
  /** Starts a workflow of the worker's owner. */
  start(type: string, ...args: unknown[]): Promise<WorkflowHandle>;
  /** Fails unless what a workflow did is what its code does. */
  replay(workflow: WorkflowHandle): Promise<void>;
  close(): Promise<void>;
}

/** A team's worker, with workflows and an activity of its own, another plugin that has a codec, and Holdfast's, with encryption. */
export async function openOwnWorker(): Promise<OwnWorker> {
  const temporal = await openTemporal();
  const { address, connection, taskQueue } = temporal;
  const provider = await startMockProvider({ script: SCRIPT });
  const config = parseConfig(configText(CONFIG, provider.url), { source: 'test', env: {} });
  const plugins = [another, new HoldfastPlugin({ config })];
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('fixtures/own-workflows.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
    plugins,
  });
  const activities = { greeting: async (name: string) => `Hello ${name}` };
  const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities, plugins });
  const stopped = worker.run();
  const client = new Client({ connection, plugins });
  const keys = keyRing(config.encryption);
  const holdfast = await HoldfastClient.connect({ address, taskQueue, keys, payloadCodecs: [turning] });
  return {
    provider,
    taskQueue,
    client,
    holdfast,
    start: (type, ...args) => client.workflow.start(type, { args, taskQueue, workflowId: `${type}-${randomUUID()}` }),
    replay: async (workflow) =>
      Worker.runReplayHistory({ workflowBundle, plugins }, await workflow.fetchHistory(), workflow.workflowId),
    close: async () => {
      worker.shutdown();
      await stopped;
      await holdfast.close();
      await provider.close();
      await temporal.close();
    },
  };
}
