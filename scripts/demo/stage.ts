import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { HoldfastClient, uiAddress } from '../../src/client.js';
import { loadConfig } from '../../src/config/index.js';
import type { ExplainableConfig } from '../../src/core/explain-group.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { lastUserText } from '../../src/mock-provider/prompt.js';
import { temporalSettings } from '../../src/temporal/settings.js';
import type { Run } from './run.js';
import { answerTo, LATENCY_MS } from './scenarios.js';
import type { Screen } from './screen.js';
import { openServer, type TemporalServer } from './server.js';
import { startWorkerProcess, type WorkerProcess } from './worker-process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const CONFIG = 'holdfast.example.yaml';

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

/** Loads the config first: when there is something wrong with it, nothing is started. */
export async function openStage(run: Run, { scripted }: { scripted: boolean }): Promise<Stage> {
  const configFile = join(ROOT, CONFIG);
  const config = await loadConfig(configFile, { requireKeys: !scripted });
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
  run.logs = folder;
  const server = await openServer(run, folder);
  const provider = scripted ? await openProvider(run) : null;
  const isOwn = server.dbFile !== null;
  const suffix = randomBytes(3).toString('hex');
  const { namespace, address } = server;
  // Other people's workers must not take the demo's calls.
  const taskQueue = isOwn ? temporalSettings().taskQueue : `holdfast-demo-${suffix}`;
  const client = await run.until(HoldfastClient.connect({ address, namespace, taskQueue }));
  run.onEnd(() => client.close());
  const callIds: string[] = [];
  if (!isOwn) run.onEnd(() => terminateCalls(server, callIds));
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

async function openProvider(run: Run): Promise<MockProvider> {
  const answer = (body: Record<string, unknown>) => answerTo(lastUserText(body));
  const provider = await startMockProvider({ latencyMs: LATENCY_MS, answer });
  run.onEnd(() => provider.close());
  return provider;
}

/** The example config names no endpoint, so that these variables of OpenAI's own clients count. */
function keyFor(provider: MockProvider): NodeJS.ProcessEnv {
  return { OPENAI_BASE_URL: `${provider.url}/v1`, OPENAI_API_KEY: 'sk-demo-for-the-scripted-provider' };
}

/** On a server that goes on, a call without a worker would run for ever. */
async function terminateCalls({ address, namespace }: TemporalServer, callIds: readonly string[]): Promise<void> {
  const connection = await Connection.connect({ ...temporalSettings().connection, address });
  const { workflow } = new Client({ connection, namespace });
  const reason = 'the demo was ended';
  // That of a call that is over is refused.
  await Promise.allSettled(callIds.map((callId) => workflow.getHandle(callId).terminate(reason)));
  await connection.close();
}
