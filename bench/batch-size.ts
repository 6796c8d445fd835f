import { Client, Connection } from '@temporalio/client';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/option-values.js';
import { table } from '../src/cli/table.js';
import { withRows } from './batch-systems.js';
import type { Group } from './config.js';
import { loadBuild } from './build.js';
import { openEnvironment, type Environment } from './environment.js';
import { TASK_QUEUES } from './kinds.js';

const program = new Command('npm run bench:batch-size --')
  .description('Memory and histories of packed batches of growing size; what a history would be at a million rows.')
  .option('--rows <counts>', 'sizes, with commas', '1000,10000,100000')
  .option('--concurrency <count>', 'rows in flight', wholeNumber(1, 1000), 50)
  .option('--retry-every <count>', 'one row in so many needs a retry; 0: none', wholeNumber(0, 1_000_000), 0)
  .parse();

const options = program.opts<{ rows: string; concurrency: number; retryEvery: number }>();
const MILLION = 1_000_000;
const SAMPLE_MS = 100;

interface Size {
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly workerMegabytes: number;
  readonly clientMegabytes: number;
  /** Events of each run of the batch's workflow: it continues as new when its history is long. */
  readonly events: readonly number[];
}

async function measure(env: Environment, rows: number): Promise<Size> {
  const { HoldfastClient } = await loadBuild();
  const to = { address: env.address, namespace: 'default', taskQueue: TASK_QUEUES.llmCall };
  const client = await HoldfastClient.connect(to);
  const peaks = watchMemory(env.workerPid);
  try {
    return await withRows(
      rows,
      async (input, folder) => {
        const startedMs = performance.now();
        const batch = await client.batches.submit({
          input,
          output: `${folder}/out`,
          mode: 'packed',
          concurrency: options.concurrency,
        });
        for await (const _status of batch.follow());
        await batch.result();
        const rowsPerSecond = rows / ((performance.now() - startedMs) / 1000);
        return { rows, rowsPerSecond, ...peaks.end(), events: await eventsOf(env.address, batch.batchId) };
      },
      (row): Group => (options.retryEvery > 0 && row % options.retryEvery === 0 ? 'one-retry' : 'good'),
    );
  } finally {
    peaks.end();
    await client.close();
  }
}

/** Peaks of resident memory, in megabytes, until it is ended. */
function watchMemory(workerPid: number) {
  let worker = 0;
  let own = 0;
  const timer = setInterval(() => {
    own = Math.max(own, process.memoryUsage().rss / 2 ** 20);
    readFile(`/proc/${workerPid}/statm`, 'utf8').then(
      (text) => (worker = Math.max(worker, (Number(text.split(' ')[1]) * 4096) / 2 ** 20)),
      () => clearInterval(timer),
    );
  }, SAMPLE_MS);
  return {
    end: () => {
      clearInterval(timer);
      return { workerMegabytes: worker, clientMegabytes: own };
    },
  };
}

/** Lengths of the histories of all runs, the last one first. */
async function eventsOf(address: string, workflowId: string): Promise<number[]> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const lengths: number[] = [];
    for await (const { runId } of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
      lengths.push((await client.workflow.getHandle(workflowId, runId).describe()).historyLength);
    }
    return lengths;
  } finally {
    await connection.close();
  }
}

const env = await openEnvironment({ profileFolder: undefined, report: console.log });
const sizes: Size[] = [];
try {
  for (const rows of options.rows.split(',').map(Number)) {
    const size = await measure(env, rows);
    console.log(`${rows} rows: ${size.rowsPerSecond.toFixed(0)} rows/s`);
    sizes.push(size);
  }
} finally {
  await env.close();
}
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
console.log(
  `\n${table(
    ['rows', 'rows/s', 'peak MB, worker', 'peak MB, client', 'histories', 'longest, events', 'events in all'],
    sizes.map((size) => [
      String(size.rows),
      size.rowsPerSecond.toFixed(0),
      size.workerMegabytes.toFixed(0),
      size.clientMegabytes.toFixed(0),
      String(size.events.length),
      String(Math.max(...size.events)),
      String(sum(size.events)),
    ]),
  )}\n`,
);
const largest = sizes.at(-1);
if (largest !== undefined) {
  const perRow = sum(largest.events) / largest.rows;
  const longest = Math.max(...largest.events);
  console.log(
    JSON.stringify({
      rows: largest.rows,
      worker_peak_mb: Object.fromEntries(sizes.map((size) => [size.rows, Math.round(size.workerMegabytes)])),
      events_per_row: Math.round(perRow * 1000) / 1000,
      // The history of a batch that never continued as new would have grown with the rows.
      longest_history_at_a_million_rows:
        largest.events.length > 1 ? longest : Math.min(3_100, Math.ceil(perRow * MILLION)),
      histories_at_a_million_rows: Math.ceil((perRow * MILLION) / Math.max(longest, 3_000)),
    }),
  );
}
process.exit();
