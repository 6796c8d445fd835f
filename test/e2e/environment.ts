import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Running } from '../../src/cli/running.js';
import { startService, type Service, type ServiceOptions } from '../../src/cli/start-service.js';
import { HoldfastClient } from '../../src/client.js';
import { loadConfig } from '../../src/config/index.js';
import { startDevServer, type DevServer } from '../../src/dev-server/index.js';
import { startMockProvider, type MockProvider, type Script } from '../../src/mock-provider/index.js';
import { startWorker } from '../../src/worker.js';
import { openLog } from '../../src/worker/logger.js';
import { configText } from '../helpers/holdfast.js';
import { startCli, type RunningCli } from '../helpers/processes.js';
import { startGatewayAlone } from '../helpers/start-apart.js';
import { installTestRuntime, registerSearchAttributes, terminateWorkflows } from '../helpers/temporal.js';

type GatewayCommand = 'serve' | 'gateway';

/**
 * A provider, a client, and workers and gateways on a task queue of their own. What a test kills is a process; what only has
 * to be there, before or afterwards, runs in the process of the test, which costs far less.
 */
export interface Stage {
  readonly provider: MockProvider;
  readonly client: HoldfastClient;
  readonly taskQueue: string;
  /** Where the config and all logs are. */
  readonly folder: string;
  startWorker(args?: readonly string[], env?: NodeJS.ProcessEnv): Promise<RunningCli>;
  /** A gateway, with a worker in its process or without. */
  startGateway(command: GatewayCommand, args?: readonly string[]): Promise<StagedGateway>;
  /** A worker in the process of the test. */
  workHere(): Promise<void>;
  /** A gateway in the process of the test, with a worker or without; in place of another one: at its address. */
  serveHere(command: GatewayCommand, inPlaceOf?: Pick<StagedGateway, 'url'>): Promise<Pick<StagedGateway, 'url'>>;
  /** For the next test: workers, gateways and calls end, the provider is reset. A test that fails then fails alone. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export interface StagedGateway {
  readonly process: RunningCli;
  readonly url: string;
}

/** On the server of the run, which all files share. */
export async function openStage(config: unknown, script: Script = {}): Promise<Stage> {
  const folder = await makeFolder();
  const stage = await openStageAt(inject('temporalAddress'), { folder, config, script });
  return {
    ...stage,
    close: async () => {
      await stage.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** With a server of its own on a SQLite file, which can be killed and started again. */
export interface StageWithServer extends Stage {
  readonly server: () => DevServer;
  /** Starts the server again on its file and port, after it was killed. */
  restartServer(): Promise<void>;
}

export async function openStageWithServer(config: unknown, script: Script = {}): Promise<StageWithServer> {
  const folder = await makeFolder();
  const serverOptions = {
    cli: inject('temporalCli')!,
    headless: true,
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'server.log'),
  };
  let server = await startDevServer(serverOptions);
  await registerSearchAttributes(server.address);
  const stage = await openStageAt(server.address, { folder, config, script });
  return {
    ...stage,
    server: () => server,
    restartServer: async () => {
      server = await startDevServer({ ...serverOptions, port: server.port });
    },
    close: async () => {
      await stage.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const makeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'holdfast-e2e-'));

interface Setting {
  readonly folder: string;
  readonly config: unknown;
  readonly script: Script;
}

async function openStageAt(address: string, { folder, config, script }: Setting): Promise<Stage> {
  installTestRuntime();
  const taskQueue = `test-${randomUUID()}`;
  const provider = await startMockProvider({ script });
  const configFile = join(folder, 'holdfast.yaml');
  await writeFile(configFile, configText(config, provider.url));
  const client = await HoldfastClient.connect({ address, taskQueue });
  const started: RunningCli[] = [];
  const start = async (command: string, args: readonly string[], ready: RegExp, env: NodeJS.ProcessEnv = {}) => {
    const place = ['--config', configFile, '--address', address, '--task-queue', taskQueue];
    const running = startCli([command, ...place, ...args], {
      logFile: join(folder, `${command}-${started.length}.log`),
      env: { LOG_LEVEL: 'debug', ...env },
    });
    started.push(running);
    await running.said(ready);
    return running;
  };
  const here: Running[] = [];
  const startHere = async <T extends Running>(begin: (options: ServiceOptions) => Promise<T>, port = 0): Promise<T> => {
    const running = await begin({
      config: await loadConfig(configFile),
      address,
      taskQueue,
      port,
      drainSeconds: 0,
      log: openLog('silent', process.stderr),
      workflowBundle: { codePath: inject('workflowBundlePath') },
    });
    here.push(running);
    return running;
  };
  const endAll = async () => {
    const ended = here.splice(0).map((running) => {
      running.stop();
      return running.stopped;
    });
    await Promise.all([...started.map((running) => running.kill()), ...ended]);
  };
  const SERVICES: Record<GatewayCommand, (options: ServiceOptions) => Promise<Service>> = {
    serve: startService,
    gateway: (options) => startGatewayAlone(options),
  };
  return {
    provider,
    client,
    taskQueue,
    folder,
    startWorker: (args = [], env = {}) => start('worker', args, /polls task queue/, env),
    startGateway: async (command, args = ['--port', '0']) => {
      const running = await start(command, args, / serves http\S+/);
      const [, url = ''] = / serves (http\S+)\/v1 /.exec(running.output()) ?? [];
      return { process: running, url };
    },
    workHere: async () => void (await startHere(startWorker)),
    serveHere: (command, inPlaceOf) =>
      startHere(SERVICES[command], inPlaceOf === undefined ? 0 : Number(new URL(inPlaceOf.url).port)),
    clear: async () => {
      await endAll();
      provider.setScript(script);
      provider.reset();
      await terminateWorkflows(address, taskQueue);
    },
    close: async () => {
      await endAll();
      await client.close();
      await provider.close();
    },
  };
}
