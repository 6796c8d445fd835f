import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { HoldfastClient, uiAddress } from '../../src/client.js';
import { loadConfig } from '../../src/config/index.js';
import type { ExplainableConfig } from '../../src/core/explain/explain-group.js';
import { startMockProvider, type MockProvider, type MockProviderOptions } from '../../src/mock-provider/index.js';
import { temporalSettings } from '../../src/temporal/settings.js';
import type { Run } from './run.js';
import type { Screen } from './screen.js';
import { openServer, type TemporalServer } from './server.js';
import { startWorkerProcess, type WorkerProcess } from './worker-process.js';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Everything that the demo plays with. */
export interface Stage {
  readonly server: TemporalServer;
  /** Null where the real API is called. */
  readonly provider: MockProvider | null;
  readonly client: HoldfastClient;
  readonly config: ExplainableConfig;
  /** Where the server's file and all logs are. */
  readonly folder: string;
  /** Beginning of the ids of the demo's calls. */
  readonly prefix: string;
  /** Of all calls so far. */
  readonly callIds: string[];
  /** The page of a call in the UI; null where nobody said where the UI is. */
  uiOf(callId: string): string | null;
  /** What `holdfast` must be told to find the demo's server and worker. */
  readonly flags: string;
  startWorker(): Promise<WorkerProcess>;
}

/** What a scenario is played with. */
export interface Play {
  readonly run: Run;
  readonly stage: Stage;
  readonly screen: Screen;
  /** The worker that runs now; a scenario may replace it. */
  worker: WorkerProcess;
  /** The worker that was killed last; null before any was. */
  killed: WorkerProcess | null;
}

export interface StageOptions {
  /** Makes or names the config of the workers; it may be written to the folder. */
  readonly configFile: (folder: string) => Promise<string>;
  /** The scripted provider; null: the real API is called. */
  readonly provider: MockProviderOptions | null;
}

/** Loads the config first: when there is something wrong with it, nothing is started. */
export async function openStage(run: Run, options: StageOptions): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
  run.logs = folder;
  const configFile = await options.configFile(folder);
  const config = await loadConfig(configFile, { requireKeys: options.provider === null });
  const server = await openServer(run, folder);
  const provider = options.provider === null ? null : await openProvider(run, options.provider);
  const isOwn = server.dbFile !== null;
  const suffix = randomBytes(3).toString('hex');
  const { namespace, address } = server;
  // Other people's workers must not take the demo's calls.
  const taskQueue = isOwn ? temporalSettings().taskQueue : `holdfast-demo-${suffix}`;
  const client = await run.until(HoldfastClient.connect({ address, namespace, taskQueue }));
  run.onEnd(() => client.close());
  const callIds: string[] = [];
  if (!isOwn) run.onEnd(() => terminateCalls(server, taskQueue, callIds));
  const where = ['--address', address, '--namespace', namespace, '--task-queue', taskQueue];
  let workers = 0;
  return {
    server,
    provider,
    client,
    config,
    folder,
    prefix: isOwn ? 'demo' : `demo-${suffix}`,
    callIds,
    flags: (isOwn ? where.slice(0, 2) : where).join(' '),
    uiOf: (callId) => (server.ui === null ? null : uiAddress({ namespace, callId }, { HOLDFAST_UI: server.ui })),
    startWorker: () => {
      workers += 1;
      return startWorkerProcess(run, {
        command: [process.execPath, join(ROOT, 'dist', 'cli', 'main.js'), 'worker', '--config', configFile, ...where],
        cwd: ROOT,
        env: { ...process.env, ...(provider === null ? {} : keyFor(provider)) },
        logFile: join(folder, `worker-${workers}.log`),
      });
    },
  };
}

async function openProvider(run: Run, options: MockProviderOptions): Promise<MockProvider> {
  const provider = await startMockProvider(options);
  run.onEnd(() => provider.close());
  return provider;
}

/** The configs name no endpoint, so that these variables of OpenAI's own clients count. */
function keyFor(provider: MockProvider): NodeJS.ProcessEnv {
  return { OPENAI_BASE_URL: `${provider.url}/v1`, OPENAI_API_KEY: 'sk-demo-for-the-scripted-provider' };
}

/** On a server that goes on, a call without a worker would run for ever. */
async function terminateCalls(
  { address, namespace }: TemporalServer,
  taskQueue: string,
  callIds: readonly string[],
): Promise<void> {
  const connection = await Connection.connect({ ...temporalSettings().connection, address });
  const { workflow } = new Client({ connection, namespace });
  const ids = new Set(callIds);
  // The rows of a batch, too. The list lags a little behind, so that it alone would not do.
  for await (const { workflowId } of workflow.list({
    query: `TaskQueue = "${taskQueue}" AND ExecutionStatus = "Running"`,
  })) {
    ids.add(workflowId);
  }
  const reason = 'the demo was ended';
  // That of a call that is over is refused.
  await Promise.allSettled([...ids].map((callId) => workflow.getHandle(callId).terminate(reason)));
  await connection.close();
}

/** Says what runs where. */
export function showStage({ server, provider, folder }: Stage, screen: Screen): void {
  const { address, dbFile, ui } = server;
  const realProvider = process.env['OPENAI_BASE_URL'] || 'https://api.openai.com/v1';
  screen.row(`Temporal  ${address}${dbFile === null ? ', which ran already' : `, its state in ${dbFile}`}`);
  screen.row(ui === null ? 'UI        TEMPORAL_UI does not say where it is' : `UI        ${ui}`);
  screen.row(`provider  ${provider === null ? realProvider : `scripted, ${provider.url}/v1`}`);
  screen.row(`logs      ${folder}`);
}
