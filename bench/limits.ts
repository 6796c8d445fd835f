import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { wholeNumber } from '../src/cli/option-values.js';
import { HoldfastClient } from '../src/client.js';
import { total } from '../src/core/common/total.js';
import { paceMs } from '../src/core/deployments/rate.js';
import { startMockProvider, type RecordedRequest } from '../src/mock-provider/index.js';
import type { WorkerInput } from './call-worker.js';
import { startChild } from './child.js';
import { cpuTimeMs } from './cpu-time.js';
import { TASK_QUEUES } from './kinds.js';
import { countsPerSpan, mostWithin } from './request-rate.js';
import { openStack } from './stack.js';

const program = new Command('npm run bench:limits --')
  .description(
    'Three workers share the limits of one deployment; one key has many calls that wait there when another comes with ten.',
  )
  .option('--calls <count>', 'calls of both keys', wholeNumber(100, 100_000), 2000)
  .option('--rpm <count>', 'requests within a minute', wholeNumber(60, 60_000), 600)
  .option('--parallel <count>', 'requests at the same time', wholeNumber(1, 1000), 20)
  .option('--faults', 'kills one worker, and freezes another one for 30 s', false)
  .parse();

const { calls, rpm, parallel, faults } = program.opts<
  Record<'calls' | 'rpm' | 'parallel', number> & { faults: boolean }
>();

const WORKERS = 3;
const SMALL_CALLS = 10;
/** Histories are read of so many calls. */
const SAMPLED = 200;
const MODEL = 'slow(0.2)';
const MINUTE_MS = 60_000;
const TEN_SECONDS_MS = 10_000;
const NEARLY_ALL = 0.95;
const LOOK_MS = 200;

const provider = await startMockProvider({ script: {} });
const { server, workers, close } = await openStack(console.log, async (stack) => {
  stack.onClose(() => provider.close());
  const params = {
    model: `openai/${MODEL}`,
    api_base: `${provider.url}/v1`,
    api_key: 'none',
    rpm,
    max_parallel_requests: parallel,
  };
  const config = stringify({ model_list: [{ model_name: 'limited', litellm_params: params }] });
  const input: WorkerInput = { address: stack.server.address, providerUrl: provider.url, config, bare: false };
  const started = await Promise.all(Array.from({ length: WORKERS }, () => startChild<object>('call-worker.ts', input)));
  for (const worker of started) stack.onClose(() => worker.stop());
  return { server: stack.server, workers: started };
});

const client = await HoldfastClient.connect({ address: server.address, taskQueue: TASK_QUEUES.llmCall });

async function cpuMs(): Promise<number[]> {
  const [ofServer, ...ofWorkers] = await Promise.all([server.pid, ...workers.map(({ pid }) => pid)].map(cpuTimeMs));
  return [ofServer ?? 0, ofWorkers.reduce<number>((sum, ms) => sum + (ms ?? 0), 0)];
}

async function start(owner: string, count: number) {
  const startedMs = Date.now();
  const started = Array.from({ length: count }, async (_, index) => {
    const messages = [{ role: 'user' as const, content: `${owner} ${index}` }];
    return client.start({ model: 'limited', messages }, { owner });
  });
  return { startedMs, handles: await Promise.all(started) };
}

/** Until nearly all of so many wait, or were made: before, server and workers are busy with the starts, whoever's they are. */
async function waitForLines(count: number): Promise<void> {
  for (;;) {
    const { deployments } = await client.providers();
    const waiting = total(deployments.map((deployment) => deployment.waiting));
    if (waiting + provider.callCount(MODEL) >= count * NEARLY_ALL) return;
    await sleep(LOOK_MS);
  }
}

function promptOf({ body }: RecordedRequest): string {
  return (body as { messages: [{ content: string }] }).messages[0].content;
}

function mostAtOnce(requests: readonly RecordedRequest[]): number {
  const changes = requests.flatMap(({ receivedAt, finishedAt, abortedAt }) => [
    [receivedAt, 1] as const,
    [finishedAt ?? abortedAt ?? Infinity, -1] as const,
  ]);
  let now = 0;
  let most = 0;
  for (const [, change] of changes.toSorted(([one, begins], [other, ends]) => one - other || begins - ends)) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}

interface Begun {
  /** How often the activity was begun. */
  readonly attempts: number;
  /** When the first task of the workflow was, ms since the epoch. */
  readonly firstTaskMs: number;
}

/** How each of some calls was begun, by its history. */
async function begunOf(callIds: readonly string[]): Promise<Begun[]> {
  const connection = await Connection.connect({ address: server.address });
  const { workflow } = new Client({ connection });
  const begun: Begun[] = [];
  for (const callId of callIds) {
    const { events } = await workflow.getHandle(callId).fetchHistory();
    const last = events?.findLast((event) => event.activityTaskStartedEventAttributes);
    const task = events?.find((event) => event.workflowTaskStartedEventAttributes);
    begun.push({
      attempts: last?.activityTaskStartedEventAttributes?.attempt ?? 0,
      firstTaskMs: optionalTsToMs(task?.eventTime) ?? 0,
    });
  }
  await connection.close();
  return begun;
}

try {
  const idleBefore = await cpuMs();
  await sleep(10_000);
  const idleAfter = await cpuMs();
  const big = await start('big', calls - SMALL_CALLS);
  await waitForLines(calls - SMALL_CALLS);
  const small = await start('small', SMALL_CALLS);
  const cpuBefore = await cpuMs();
  if (faults) {
    const [killed, frozen] = workers.map(({ pid }) => pid);
    await sleep(15_000);
    if (killed !== undefined) process.kill(killed, 'SIGKILL');
    if (frozen !== undefined) process.kill(frozen, 'SIGSTOP');
    await sleep(30_000);
    if (frozen !== undefined) process.kill(frozen, 'SIGCONT');
  }
  const handles = [...big.handles, ...small.handles];
  const ended = await Promise.allSettled(handles.map((handle) => handle.result()));
  const failed = ended.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
  const cpuAfter = await cpuMs();
  const requests = provider.requestsFor(MODEL);
  const times = requests.map(({ receivedAt }) => receivedAt).toSorted((one, other) => one - other);
  const firstMs = times[0] ?? 0;
  const tookMs = (times.at(-1) ?? 0) - firstMs;
  // Both keys are served in turn.
  const fairMs = 2 * SMALL_CALLS * paceMs(rpm);
  const smallMs = requests.flatMap((request) =>
    promptOf(request).startsWith('small') ? request.receivedAt - small.startedMs : [],
  );
  const every = Math.max(1, Math.floor(handles.length / SAMPLED));
  const sample = handles.filter((_, index) => index % every === 0).map(({ callId }) => callId);
  const attempts = (await begunOf(sample)).map((call) => call.attempts);
  const smallBegun = await begunOf(small.handles.map(({ callId }) => callId));
  const firstTasksMs = smallBegun.map(({ firstTaskMs }) => firstTaskMs - small.startedMs);
  const perMinute = (after: readonly number[], before: readonly number[], ms: number) =>
    after.map((value, index) => Math.round(((value - (before[index] ?? 0)) * MINUTE_MS) / ms));
  const rounded = (value: number) => Math.round(value * 1000) / 1000;
  console.log(
    `requests in each 10 s, where ${Math.round(rpm / 6)} may be: ${countsPerSpan(times, TEN_SECONDS_MS).join(' ')}`,
  );
  console.log(`${requests.length} requests in ${rounded(tookMs / 1000)} s, ${mostAtOnce(requests)} at once at most`);
  console.log(
    `CPU ms a minute, of the server and the workers: idle ${perMinute(idleAfter, idleBefore, 10_000).join(', ')}`,
  );
  console.log(`  with calls ${perMinute(cpuAfter, cpuBefore, tookMs).join(', ')}`);
  const ofAttempts = [...new Set(attempts)].toSorted((one, other) => one - other);
  const counts = ofAttempts.map((count) => `${attempts.filter((each) => each === count).length} with ${count}`);
  console.log(`attempts of the activity, of ${attempts.length} calls: ${counts.join(', ')}`);
  console.log(`first tasks of the small key: after ${Math.max(...firstTasksMs)} ms at most`);
  if (failed.length > 0) console.log(`${failed.length} calls failed, the first with: ${failed[0]}`);
  console.log(
    JSON.stringify({
      failed_calls: failed.length,
      rate_vs_limit: rounded(requests.length / (tookMs + paceMs(rpm)) / (rpm / MINUTE_MS)),
      max_minute_vs_limit: rounded(mostWithin(times, MINUTE_MS) / rpm),
      max_parallel_vs_limit: rounded(mostAtOnce(requests) / parallel),
      attempts_per_call: rounded(total(attempts) / attempts.length),
      p99_wait_vs_ideal: rounded(
        ((times[Math.floor(times.length * 0.99)] ?? 0) - firstMs) / (times.length * 0.99 * paceMs(rpm)),
      ),
      small_key_wait_vs_fair: rounded(Math.max(...smallMs) / fairMs),
    }),
  );
} finally {
  await client.close();
  await close();
}
