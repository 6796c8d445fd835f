import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastClient } from '../../src/client.js';
import { startDevServer, type DevServer } from '../../src/dev-server/index.js';
import { startMockProvider, type MockProvider, type Script } from '../../src/mock-provider/index.js';
import { configText } from '../helpers/holdfast.js';
import { startCli, type RunningCli } from '../helpers/processes.js';
import { registerSearchAttributes } from '../helpers/temporal.js';

/** A server on a SQLite file, a provider, a client, and workers as processes: all can be killed and started again. */
export interface Stage {
  readonly provider: MockProvider;
  readonly client: HoldfastClient;
  /** Where the server's database and all logs are. */
  readonly folder: string;
  readonly server: () => DevServer;
  startWorker(args?: readonly string[], env?: NodeJS.ProcessEnv): Promise<RunningCli>;
  /** Starts the server again on its file and port, after it was killed. */
  restartServer(): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(cli: string, config: unknown, script: Script): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-e2e-'));
  const serverOptions = {
    cli,
    headless: true,
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'server.log'),
  };
  let server = await startDevServer(serverOptions);
  await registerSearchAttributes(server.address);
  const provider = await startMockProvider({ script });
  const configFile = join(folder, 'holdfast.yaml');
  await writeFile(configFile, configText(config, provider.url));
  const client = await HoldfastClient.connect({ address: server.address });
  const workers: RunningCli[] = [];
  return {
    provider,
    client,
    folder,
    server: () => server,
    startWorker: async (args = [], env = {}) => {
      const worker = startCli(['worker', '--config', configFile, '--address', server.address, ...args], {
        logFile: join(folder, `worker-${workers.length}.log`),
        env: { LOG_LEVEL: 'debug', ...env },
      });
      workers.push(worker);
      await worker.said('polls task queue');
      return worker;
    },
    restartServer: async () => {
      server = await startDevServer({ ...serverOptions, port: server.port });
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.kill()));
      await client.close();
      await provider.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
