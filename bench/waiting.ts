import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { wholeNumber } from '../src/cli/option-values.js';
import { total } from '../src/core/common/total.js';
import { Turns } from '../src/core/common/turns.js';
import { startMockProvider } from '../src/mock-provider/index.js';
import { loadBuild } from './build.js';
import { cpuTimeMs } from './cpu-time.js';
import { GOOD_MODEL, TASK_QUEUES } from './kinds.js';
import { openStack, startWorker } from './stack.js';
import { median } from './statistics.js';
import { memoryOf } from './vitals.js';

const program = new Command('npm run bench:waiting --')
  .description(
    'Calls that wait for a limit in one worker: what they take of it, and what calls to another deployment see.',
  )
  .option('--waiting <counts>', 'how many wait, each more than the one before, with commas', '0,1000,10000')
  .option('--rpm <count>', 'requests within a minute of the deployment that they wait for', wholeNumber(1, 60_000), 60)
  .option('--seconds <count>', 'how long each is looked at', wholeNumber(10, 3_600), 60)
  .parse();

const { waiting, rpm, seconds } = program.opts<{ waiting: string; rpm: number; seconds: number }>();
const report = (line: string) => console.log(line);

/** The provider's model of the deployment with the limit; another name than that of the healthy one. */
const LIMITED_MODEL = 'ok,ok';

/** Calls are started so many at once, for so many keys. */
const AT_ONCE = 50;
const KEYS = 20;

/** The healthy deployment is asked so often. */
const ASK_EVERY_MS = 200;

const SETTLE_MS = 15_000;
const MINUTE_MS = 60_000;

/** Attempts are read of so many calls. */
const SAMPLED = 200;

const { HoldfastClient } = await loadBuild();
const stack = await openStack(report, async (opened) => {
  const { server, onClose } = opened;
  const provider = await startMockProvider({ journal: false });
  onClose(() => provider.close());
  const params = (model: string) => ({ model: `openai/${model}`, api_base: `${provider.url}/v1`, api_key: 'none' });
  const config = stringify({
    model_list: [
      { model_name: 'limited', litellm_params: { ...params(LIMITED_MODEL), rpm } },
      { model_name: 'healthy', litellm_params: params(GOOD_MODEL) },
    ],
  });
  const worker = await startWorker(opened, config, []);
  const client = await HoldfastClient.connect({ address: server.address, taskQueue: TASK_QUEUES.llmCall });
  onClose(() => client.close());
  const connection = await Connection.connect({ address: server.address });
  onClose(() => connection.close());
  return { server, worker, client, provider, temporal: new Client({ connection }) };
});
const { server, worker, client, provider, temporal } = stack;

const turns = new Turns(AT_ONCE);
const callIds: string[] = [];

async function waitForAll(count: number): Promise<void> {
  const more = Array.from({ length: count - callIds.length }, (_, index) =>
    turns.take(async () => {
      const messages = [{ role: 'user' as const, content: `Question ${index}` }];
      const { callId } = await client.start({ model: 'limited', messages }, { owner: `key-${index % KEYS}` });
      callIds.push(callId);
    }),
  );
  await Promise.all(more);
  for (;;) {
    const { deployments } = await client.providers();
    const stand = total(deployments.map((deployment) => deployment.waiting));
    if (stand + provider.callCount(LIMITED_MODEL) >= count * 0.99) return;
    await sleep(1_000);
  }
}

async function cpuMs(): Promise<[worker: number, server: number]> {
  const [ofWorker, ofServer] = await Promise.all([worker.pid, server.pid].map(cpuTimeMs));
  return [ofWorker ?? Number.NaN, ofServer ?? Number.NaN];
}

/** How long calls to the healthy deployment take, one after another, until the time is over. */
async function askHealthy(untilMs: number): Promise<number[]> {
  const tookMs: number[] = [];
  while (performance.now() < untilMs) {
    const startedMs = performance.now();
    const handle = await client.start({ model: 'healthy', messages: [{ role: 'user', content: 'Hello' }] });
    await handle.result();
    tookMs.push(performance.now() - startedMs);
    await sleep(ASK_EVERY_MS);
  }
  return tookMs.toSorted((one, other) => one - other);
}

async function look(count: number) {
  const startedMs = performance.now();
  await waitForAll(count);
  report(`${count} calls wait after ${Math.round((performance.now() - startedMs) / 1000)} s`);
  await sleep(SETTLE_MS);
  const [workerBefore, serverBefore] = await cpuMs();
  const askedBefore = provider.callCount(LIMITED_MODEL);
  const beganMs = performance.now();
  const tookMs = await askHealthy(beganMs + seconds * 1000);
  const perMinute = (ms: number) => Math.round((ms * MINUTE_MS) / (performance.now() - beganMs));
  const [workerAfter, serverAfter] = await cpuMs();
  const looked = {
    waiting: count,
    worker_megabytes: Math.round((await memoryOf(worker.pid, 'VmRSS')) / 2 ** 20),
    worker_cpu_ms_per_minute: perMinute(workerAfter - workerBefore),
    server_cpu_ms_per_minute: perMinute(serverAfter - serverBefore),
    limited_requests: provider.callCount(LIMITED_MODEL) - askedBefore,
    healthy_calls: tookMs.length,
    healthy_p50_ms: Math.round(median(tookMs)),
    healthy_p99_ms: Math.round(tookMs[Math.floor(tookMs.length * 0.99)] ?? Number.NaN),
  };
  report(JSON.stringify(looked));
  return looked;
}

/** How often the activities of calls that wait have begun; those that were answered are left out. */
async function attemptsOfWaiting(): Promise<number[]> {
  const every = Math.max(1, Math.floor(callIds.length / SAMPLED));
  const sample = callIds.filter((_, index) => index % every === 0);
  const described = await Promise.all(sample.map((callId) => temporal.workflow.getHandle(callId).describe()));
  return described.flatMap(({ raw }) => (raw.pendingActivities ?? []).map(({ attempt }) => (attempt ?? 1) - 1));
}

try {
  // The first calls of a worker load what later ones find there.
  await askHealthy(performance.now() + SETTLE_MS);
  const looks: Awaited<ReturnType<typeof look>>[] = [];
  for (const count of waiting.split(',').map(Number)) looks.push(await look(count));
  const attempts = await attemptsOfWaiting();
  const attemptsEach = attempts.length === 0 ? null : Math.round((100 * total(attempts)) / attempts.length) / 100;
  report(JSON.stringify({ rpm, seconds, attempts_per_waiting_call: attemptsEach, looks }));
} finally {
  await stack.close();
}
process.exit();
