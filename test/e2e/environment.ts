import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastClient } from '../../src/client.js';
import { startDevServer, type DevServer } from '../../src/dev-server/index.js';
import { startMockProvider, type MockProvider, type Script } from '../../src/mock-provider/index.js';
import { configText } from '../helpers/holdfast.js';
import { startCli, type RunningCli } from '../helpers/processes.js';
import { registerSearchAttributes, terminateWorkflows } from '../helpers/temporal.js';

/** A server on a SQLite file, a provider, a client, and workers as processes: all can be killed and started again. */
export interface Stage {
  readonly provider: MockProvider;
  readonly client: HoldfastClient;
  /** Where the server's database and all logs are. */
  readonly folder: string;
  readonly server: () => DevServer;
  startWorker(args?: readonly string[], env?: NodeJS.ProcessEnv): Promise<RunningCli>;
  /** A gateway, with a worker in its process or without. */
  startGateway(command: 'serve' | 'gateway', args?: readonly string[]): Promise<StagedGateway>;
  /** Starts the server again on its file and port, after it was killed. */
  restartServer(): Promise<void>;
  /** For the next test: workers, gateways and calls end, the provider is reset. A test that fails then fails alone. */
  clear(kept?: RunningCli): Promise<void>;
  close(): Promise<void>;
}

export interface StagedGateway {
  readonly process: RunningCli;
  readonly url: string;
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
  const started: RunningCli[] = [];
  const start = async (command: string, args: readonly string[], ready: RegExp, env: NodeJS.ProcessEnv = {}) => {
    const running = startCli([command, '--config', configFile, '--address', server.address, ...args], {
      logFile: join(folder, `${command}-${started.length}.log`),
      env: { LOG_LEVEL: 'debug', ...env },
    });
    started.push(running);
    await running.said(ready);
    return running;
  };
  const killAll = async (kept?: RunningCli) => {
    const others = started.filter((running) => running !== kept);
    await Promise.all(others.map((running) => running.kill()));
  };
  return {
    provider,
    client,
    folder,
    server: () => server,
    startWorker: (args = [], env = {}) => start('worker', args, /polls task queue/, env),
    startGateway: async (command, args = ['--port', '0']) => {
      const running = await start(command, args, / serves http\S+/);
      const [, url = ''] = / serves (http\S+)\/v1 /.exec(running.output()) ?? [];
      return { process: running, url };
    },
    restartServer: async () => {
      server = await startDevServer({ ...serverOptions, port: server.port });
    },
    clear: async (kept) => {
      await killAll(kept);
      provider.setScript(script);
      provider.reset();
      await terminateWorkflows(server.address);
    },
    close: async () => {
      await killAll();
      await client.close();
      await provider.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
