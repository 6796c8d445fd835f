import { randomUUID } from 'node:crypto';
import { stringify } from 'yaml';
import { HoldfastClient } from '../client/holdfast-client.js';
import { parseConfig } from '../config/index.js';
import { findTemporalCli, startDevServer } from '../dev-server/index.js';
import { keyRing } from '../encryption/key-ring.js';
import { startMockProvider, type MockProvider, type Script } from '../mock-provider/index.js';

export interface TestHoldfastOptions {
  /** What the models of the scripted provider do, by the names that it receives. */
  readonly script?: Script;
  /**
   * A config, in YAML. Its deployments find the provider by `api_base: os.environ/MOCK_PROVIDER_URL`.
   * @default a model group for each model of the script, which waits no longer than 50 ms before a retry
   */
  readonly config?: string;
  /** For the config, beside `MOCK_PROVIDER_URL`. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  /** Of a Temporal server that runs. @default one is started, in memory, and stopped at the end */
  readonly address?: string;
}

export interface TestHoldfast extends AsyncDisposable {
  readonly client: HoldfastClient;
  /** Counts requests, and takes another script. */
  readonly provider: MockProvider;
  /** Of the Temporal server, for further tests. */
  readonly address: string;
  /** Of this one alone. */
  readonly taskQueue: string;
  /** Stops everything that was started. */
  close(): Promise<void>;
}

/**
 * Starts a Temporal server, a scripted provider, a worker and a client, all in this process but the server: for integration
 * tests. Several can share a server.
 * @throws ConfigError for a config that cannot be used
 * @throws TemporalNotFoundError when there is no Temporal CLI on this machine
 */
export async function startTestHoldfast(options: TestHoldfastOptions = {}): Promise<TestHoldfast> {
  const { script = {}, env = {} } = options;
  const opened: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of opened.splice(0)) await end();
  };
  try {
    const provider = await startMockProvider({ script });
    opened.unshift(() => provider.close());
    const config = parseConfig(options.config ?? configOf(script), {
      source:
        options.config === undefined ? 'without a `config`, from the models of `script`' : 'the config of the test',
      env: { MOCK_PROVIDER_URL: `${provider.url}/v1`, ...env },
    });
    const address = options.address ?? (await startServer(opened));
    const taskQueue = `test-${randomUUID()}`;
    // Unit tests load none of it.
    const { startWorker } = await import('../worker.js');
    const worker = await startWorker({ config, address, taskQueue, drainSeconds: 0 });
    opened.unshift(() => {
      worker.stop();
      return worker.stopped;
    });
    const client = await HoldfastClient.connect({ address, taskQueue, keys: keyRing(config.encryption) });
    opened.unshift(() => client.close());
    return { client, provider, address, taskQueue, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startServer(opened: (() => Promise<unknown>)[]): Promise<string> {
  const cli = await findTemporalCli({ report: () => undefined, useExistingServer: false });
  if (cli.kind !== 'cli') throw new Error('there is no Temporal CLI to start a server with');
  const server = await startDevServer({ cli: cli.path, headless: true });
  opened.unshift(() => server.stop());
  return server.address;
}

function configOf(script: Script): string {
  const deployment = (model: string) => ({
    model_name: model,
    litellm_params: { model: `openai/${model}`, api_base: 'os.environ/MOCK_PROVIDER_URL', api_key: 'not-needed' },
  });
  return stringify({
    model_list: Object.keys(script).map(deployment),
    router_settings: { max_retry_delay: 0.05 },
  });
}
