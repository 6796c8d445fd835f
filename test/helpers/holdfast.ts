import { randomUUID } from 'node:crypto';
import { stringify } from 'yaml';
import { inject } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { keyRing } from '../../src/encryption/key-ring.js';
import { startMockProvider, type MockProvider, type Script } from '../../src/mock-provider/index.js';
import { startWorker, type RunningWorker, type WorkerOptions } from '../../src/worker.js';
import { ownBoard } from './own-board.js';
import { installTestRuntime } from './temporal.js';

/** A key that no history, ledger, log or error may ever show. */
export const PLANTED_KEY = 'sk-planted-0123456789abcdef';

/** Router settings in which nothing waits long. */
export const FAST = { max_retry_delay: 0.05 };

/** A model group of one or more deployments on the scripted provider. */
export function group(name: string, models: readonly (string | Record<string, unknown>)[] = [`${name}-up`]) {
  return models.map((model) => ({
    model_name: name,
    litellm_params: {
      api_base: 'MOCK',
      api_key: PLANTED_KEY,
      ...(typeof model === 'string' ? { model: `openai/${model}` } : model),
    },
  }));
}

/** A config in which `MOCK` stands for the scripted provider. */
export function configText(config: unknown, providerUrl: string): string {
  return stringify(JSON.parse(JSON.stringify(config).replaceAll('"MOCK"', JSON.stringify(`${providerUrl}/v1`))));
}

export interface TestHoldfast {
  readonly provider: MockProvider;
  readonly client: HoldfastClient;
  readonly taskQueue: string;
  /** Stops the worker and starts another, under a config of its own if given. */
  replaceWorker(config?: unknown): Promise<void>;
  /** Starts one more worker, under a config of its own, as a deploy does. */
  addWorker(config: unknown): Promise<void>;
  close(): Promise<void>;
}

/**
 * A scripted provider, a worker with this config in this process, and a client, on a task queue of their own. First attempts
 * are made in activities, and its workers have a board of the providers of their own, unless the options say otherwise.
 */
export async function openHoldfast(
  config: unknown,
  script: Script = {},
  options: Partial<WorkerOptions> = {},
): Promise<TestHoldfast> {
  installTestRuntime();
  const { address = inject('temporalAddress'), namespace } = options;
  const taskQueue = `test-${randomUUID()}`;
  const provider = await startMockProvider({ script });
  const read = (its: unknown) => parseConfig(configText(its, provider.url), { source: 'test', env: {} });
  const board = ownBoard();
  const { encryption, externalStorage } = read(config);
  const keys = keyRing(encryption);
  const client = await HoldfastClient.connect({ address, namespace, taskQueue, keys, externalStorage });
  const start = (its: unknown): Promise<RunningWorker> =>
    startWorker({
      config: read(its),
      address,
      taskQueue,
      drainSeconds: 0,
      workflowBundle: { codePath: inject('workflowBundlePath') },
      // Whether a call goes one way or the other must not hang on how many there were before.
      firstTask: { proof: Infinity },
      board,
      ...options,
    });
  let workers = [await start(config)];
  const stopWorkers = async () => {
    for (const worker of workers) worker.stop();
    await Promise.all(workers.map(({ stopped }) => stopped));
  };
  return {
    provider,
    client,
    taskQueue,
    replaceWorker: async (its = config) => {
      await stopWorkers();
      workers = [await start(its)];
    },
    addWorker: async (its) => void workers.push(await start(its)),
    close: async () => {
      await stopWorkers();
      await client.close();
      await provider.close();
    },
  };
}
