import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { wholeNumber } from '../src/cli/option-values.js';
import { startMockProvider, type MockProvider } from '../src/mock-provider/index.js';
import { MAX_CALLS } from '../src/core/batch/batch-window.js';
import { recordActivations } from './activations.js';
import { withRows } from './batch-systems.js';
import { loadBuild } from './build.js';
import type { WorkerInput } from './call-worker.js';
import { startChild } from './child.js';
import { cpuTimeMs } from './cpu-time.js';
import { GOOD_MODEL, TASK_QUEUES } from './kinds.js';
import { openStack } from './stack.js';
import { taskTimes } from './task-times.js';

interface Options {
  rows: number;
  concurrency: number;
  downSeconds: number;
  cancelRows: number;
}

const program = new Command('npm run bench:storm --')
  .description('A batch whose provider is down for a while, and one that is cancelled while its rows wait.')
  .option('--rows <count>', 'rows of the batch that goes through; 0: none', wholeNumber(0, 1_000_000), 20_000)
  .option('--concurrency <count>', 'rows in flight', wholeNumber(1, 10_000), 1_000)
  .option('--down-seconds <count>', 'the provider is down for so long', wholeNumber(1, 3_600), 60)
  .option(
    '--cancel-rows <count>',
    'rows that wait when their batch is cancelled; 0: none',
    wholeNumber(0, 100_000),
    5_000,
  )
  .parse();

const options = program.opts<Options>();
const report = (line: string) => console.log(line);

/** While it is down it refuses each request; who is told to wait, waits for long. */
const DOWN = '503';
const LIMITED = '429(retry-after=600)';

function config(providerUrl: string): string {
  const models = { good: GOOD_MODEL, limited: LIMITED };
  return stringify({
    model_list: Object.entries(models).map(([group, model]) => ({
      model_name: group,
      litellm_params: { model: `openai/${model}`, api_base: `${providerUrl}/v1`, api_key: 'none' },
    })),
    // Patient enough for any time that it is down.
    router_settings: { num_retries: 1_000, max_retry_delay: 20 },
  });
}

const { HoldfastClient } = await loadBuild();
const stack = await openStack(report, async ({ folder, server, onClose }) => {
  const provider = await startMockProvider({ journal: false });
  onClose(() => provider.close());
  const input: WorkerInput = {
    address: server.address,
    providerUrl: provider.url,
    config: config(provider.url),
    bare: false,
  };
  const activations = recordActivations(folder);
  const worker = await startChild<object>('call-worker.ts', input, activations);
  onClose(() => worker.stop());
  const client = await HoldfastClient.connect({
    address: server.address,
    namespace: 'default',
    taskQueue: TASK_QUEUES.llmCall,
  });
  onClose(() => client.close());
  const connection = await Connection.connect({ address: server.address });
  onClose(() => connection.close());
  const cpuMs = async () => {
    const [ofServer, ofWorker] = await Promise.all([server.pid, worker.pid].map(cpuTimeMs));
    return { server: ofServer ?? Number.NaN, worker: ofWorker ?? Number.NaN };
  };
  return { provider, client, temporal: new Client({ connection }), activations, cpuMs };
});

/** All rows of a batch come through a time in which nobody answers. */
async function storm(provider: MockProvider): Promise<object> {
  const { rows, concurrency, downSeconds } = options;
  provider.setScript({ [GOOD_MODEL]: DOWN });
  return withRows(rows, async (input, folder) => {
    const startedMs = performance.now();
    const batch = await stack.client.batches.submit({ input, output: `${folder}/out`, mode: 'packed', concurrency });
    const back = sleep(downSeconds * 1000).then(() => provider.setScript({}));
    const { counts } = await batch.result();
    await back;
    const seconds = (performance.now() - startedMs) / 1000;
    const tasks = await taskTimes(stack.temporal, batch.batchId, stack.activations.read());
    return { rows, answered: counts.answered, failed: counts.failed, seconds: Math.round(seconds), ...tasks };
  });
}

/** A batch is cancelled while all that it may begin waits for its provider, and goes on when that is back. */
async function cancelled(): Promise<object> {
  const { cancelRows } = options;
  return withRows(
    cancelRows,
    async (input, folder) => {
      const concurrency = Math.ceil(cancelRows / 2);
      const submit = () => stack.client.batches.submit({ input, output: `${folder}/out`, mode: 'packed', concurrency });
      const batch = await submit();
      for (;;) {
        const { retrying, inFlight } = await batch.status();
        report(`${retrying} rows wait`);
        if (inFlight === 0 && (retrying ?? 0) >= cancelRows) break;
        await sleep(2_000);
      }
      const query = `HoldfastBatch = "${batch.batchId}" AND ExecutionStatus = "Running"`;
      const calls = Math.min(concurrency, MAX_CALLS);
      while ((await stack.temporal.workflow.count(query)).count < calls) await sleep(1_000);
      const before = await stack.cpuMs();
      const startedMs = performance.now();
      await batch.cancel();
      await batch.result().catch(() => undefined);
      const seconds = (performance.now() - startedMs) / 1000;
      const after = await stack.cpuMs();
      const perCall = (process: 'server' | 'worker') =>
        Math.round(((after[process] - before[process]) / calls) * 10) / 10;
      const tasks = await taskTimes(stack.temporal, batch.batchId, stack.activations.read());
      stack.provider.setScript({ [LIMITED]: 'ok' });
      const goesOnMs = performance.now();
      const { counts } = await (await submit()).result();
      return {
        waiting: cancelRows,
        seconds_to_cancel: Math.round(seconds * 10) / 10,
        cpu_ms_per_call: { server: perCall('server'), worker: perCall('worker') },
        ...tasks,
        answered_then: counts.answered,
        seconds_then: Math.round((performance.now() - goesOnMs) / 1000),
      };
    },
    () => 'limited',
  );
}

try {
  if (options.rows > 0) report(JSON.stringify(await storm(stack.provider)));
  if (options.cancelRows > 0) report(JSON.stringify(await cancelled()));
} finally {
  await stack.close();
}
process.exit();
