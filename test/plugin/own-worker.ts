import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, type ClientPlugin, type WorkflowHandle } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { SimplePlugin } from '@temporalio/plugin';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkerPlugin } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { planOfRequest } from '../../src/activities/plan-of-request.js';
import { HoldfastClient, keyRing, type CallRequest } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { HoldfastPlugin } from '../../src/plugin.js';
import { testKey } from '../helpers/encryption.js';
import { FAST, configText, group } from '../helpers/holdfast.js';
import { openTemporal } from '../helpers/temporal.js';

const CONFIG = {
  model_list: ['good', 'down', 'bad', 'slow', 'flaky', 'tired', 'asking', 'dear'].flatMap((name) => group(name)),
  router_settings: {
    ...FAST,
    num_retries: 1,
    fallbacks: [{ tired: ['good'] }, { asking: ['dear'] }],
    fallback_approval: { groups: ['dear'] },
  },
  encryption: { keys: [testKey('one')] },
};

const SCRIPT = {
  'good-up': 'ok',
  'down-up': '503',
  'bad-up': '400',
  'slow-up': 'hang',
  'flaky-up': '429,ok',
  'tired-up': '503',
  'dear-up': 'ok',
};

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
  /** The same on another task queue. */
  startOn(taskQueue: string, type: string, ...args: unknown[]): Promise<WorkflowHandle>;
  /** A worker of that, until the end. It has the same payloads, but no plugin of Holdfast's. */
  addWithoutPlugin(taskQueue: string): Promise<void>;
  /** A worker of another task queue that resolves the plan of one call, and is gone. */
  resolveOnce(taskQueue: string, request: CallRequest): Promise<void>;
  /** Fails unless what a workflow did is what its code does. */
  replay(workflow: WorkflowHandle): Promise<void>;
  /** The same of a history that was recorded as JSON. */
  replayJson(history: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * A team's worker, with workflows and an activity of its own, another plugin that has a codec, and Holdfast's, with encryption and
 * external storage.
 *
 * @param more - plugins of others
 */
export async function openOwnWorker(more: (WorkerPlugin & ClientPlugin)[] = []): Promise<OwnWorker> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-own-worker-'));
  const temporal = await openTemporal();
  const { address, connection, taskQueue } = temporal;
  const provider = await startMockProvider({ script: SCRIPT });
  const yaml = configText({ ...CONFIG, external_storage: { location: folder, max_payload_mb: 4 } }, provider.url);
  const config = parseConfig(yaml, { source: 'test', env: {} });
  const plugins = [another, ...more, new HoldfastPlugin({ config })];
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('fixtures/own-workflows.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
    plugins,
  });
  const activities = { greeting: async (name: string) => `Hello ${name}` };
  const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities, plugins });
  const client = new Client({ connection, plugins });
  const { payloadCodecs } = client.options.loadedDataConverter;
  const workers = [worker];
  const running = [worker.run()];
  const dataConverter = { payloadCodecs };
  const startOn: OwnWorker['startOn'] = (queue, type, ...args) =>
    client.workflow.start(type, { args, taskQueue: queue, workflowId: `${type}-${randomUUID()}` });
  const keys = keyRing(config.encryption);
  const holdfast = await HoldfastClient.connect({ address, taskQueue, keys, payloadCodecs: [turning] });
  return {
    provider,
    taskQueue,
    client,
    holdfast,
    start: (type, ...args) => startOn(taskQueue, type, ...args),
    startOn,
    addWithoutPlugin: async (queue) => {
      const added = await Worker.create({ connection, taskQueue: queue, workflowBundle, dataConverter });
      workers.push(added);
      running.push(added.run());
    },
    resolveOnce: async (queue, request) => {
      const result = planOfRequest(config.routing, { operation: 'chat.completions', request });
      const resolvePlan = async () => {
        once.shutdown();
        return 'plan' in result ? result.plan : null;
      };
      const once = await Worker.create({ connection, taskQueue: queue, activities: { resolvePlan }, dataConverter });
      await once.run();
    },
    replay: async (workflow) =>
      Worker.runReplayHistory({ workflowBundle, plugins }, await workflow.fetchHistory(), workflow.workflowId),
    replayJson: (history) => Worker.runReplayHistory({ workflowBundle, plugins }, JSON.parse(history) as object),
    close: async () => {
      for (const each of workers) each.shutdown();
      await Promise.all(running);
      await holdfast.close();
      await provider.close();
      await temporal.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
