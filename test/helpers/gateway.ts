import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { OpenAI, type ClientOptions } from 'openai';
import { inject } from 'vitest';
import { startService, type Service, type ServiceOptions } from '../../src/cli/start-service.js';
import { HoldfastClient } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { keyRing } from '../../src/encryption/key-ring.js';
import { startMockProvider, type MockProvider, type Script } from '../../src/mock-provider/index.js';
import { openLog } from '../../src/worker/logger.js';
import { configText } from './holdfast.js';
import { ownBoard } from './own-board.js';
import { installTestRuntime } from './temporal.js';

export interface TestGateway {
  readonly provider: MockProvider;
  /** A client on the same task queue, to look at calls from outside. */
  readonly client: HoldfastClient;
  readonly taskQueue: string;
  /** Without `/v1`. */
  readonly url: string;
  /** OpenAI's client, as users have it: with its own retries. */
  openai(options?: ClientOptions): OpenAI;
  /** Sends JSON, or nothing. */
  fetch(path: string, init?: RequestInit & { json?: unknown }): Promise<Response>;
  /** What the gateway logged, a line of JSON each. */
  readonly logged: readonly string[];
  close(): Promise<void>;
}

type Options = Partial<
  Pick<
    ServiceOptions,
    'allowAnybody' | 'board' | 'drainSeconds' | 'files' | 'host' | 'maxFileBytes' | 'metrics' | 'tls'
  >
>;

/**
 * A scripted provider, and a gateway with a worker in this process, on a task queue of their own.
 * @param start - how the two are started
 */
export async function openGateway(
  config: unknown,
  script: Script = {},
  options: Options = {},
  start: (options: ServiceOptions) => Promise<Service> = startService,
): Promise<TestGateway> {
  installTestRuntime();
  const address = inject('temporalAddress');
  const taskQueue = `test-${randomUUID()}`;
  const provider = await startMockProvider({ script });
  const read = parseConfig(configText(config, provider.url), { source: 'test', env: {} });
  const client = await HoldfastClient.connect({ address, taskQueue, keys: keyRing(read.encryption) });
  const logged: string[] = [];
  const service = await start({
    drainSeconds: 0,
    board: ownBoard(),
    ...options,
    config: read,
    address,
    taskQueue,
    port: 0,
    log: openLog('debug', new Writable({ write: (line: Buffer, _, done) => done(void logged.push(String(line))) })),
    workflowBundle: { codePath: inject('workflowBundlePath') },
  });
  const { url } = service;
  return {
    provider,
    client,
    taskQueue,
    url,
    logged,
    openai: (settings = {}) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', ...settings }),
    fetch: (path, { json, ...init } = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        ...(json === undefined
          ? {}
          : {
              method: 'POST',
              body: JSON.stringify(json),
              headers: { 'content-type': 'application/json', ...Object.fromEntries(new Headers(init.headers)) },
            }),
      }),
    close: async () => {
      service.stop();
      await service.stopped;
      await client.close();
      await provider.close();
    },
  };
}
