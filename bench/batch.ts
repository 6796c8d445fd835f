import { Command } from 'commander';
import { wholeNumber } from '../src/cli/option-values.js';
import { table } from '../src/cli/table.js';
import { makePythonEnvironment } from '../scripts/python/environments.js';
import { runBatch, runRouter, type Run } from './batch-systems.js';
import { loadBuild } from './build.js';
import { openEnvironment } from './environment.js';
import { TASK_QUEUES } from './kinds.js';
import { median } from './statistics.js';

interface Options {
  rounds: number;
  packedRows: number;
  workflowRows: number;
  routerRows: number;
  concurrency: number;
  profile?: string;
}

const program = new Command('npm run bench:batch --')
  .description(
    "Compares a batch in each mode with LiteLLM's Router in an asyncio loop, in turns, one provider for all.",
  )
  .option('--rounds <count>', 'rounds that count, after one to warm up', wholeNumber(1, 100), 3)
  .option('--packed-rows <count>', 'rows of a packed batch', wholeNumber(1, 1_000_000), 5_000)
  .option('--workflow-rows <count>', 'rows of a batch of workflows', wholeNumber(0, 100_000), 300)
  .option('--router-rows <count>', "rows through LiteLLM's Router", wholeNumber(0, 100_000), 1_000)
  .option('--concurrency <count>', 'rows in flight', wholeNumber(1, 1000), 50)
  .option('--profile <folder>', 'write CPU profiles of the worker there')
  .parse();

const { rounds, packedRows, workflowRows, routerRows, concurrency, profile } = program.opts<Options>();
const report = (line: string) => console.log(line);

const SYSTEMS = ['litellm', 'packed', 'workflow'] as const;
type System = (typeof SYSTEMS)[number];

async function measure(): Promise<Record<System, Run[]>> {
  const python = routerRows > 0 ? await makePythonEnvironment('litellm', report) : '';
  const env = await openEnvironment({ profileFolder: profile, report });
  const { HoldfastClient } = await loadBuild();
  const client = await HoldfastClient.connect({
    address: env.address,
    namespace: 'default',
    taskQueue: TASK_QUEUES.llmCall,
  });
  const runs: Record<System, () => Promise<Run | null>> = {
    litellm: async () =>
      routerRows > 0 ? runRouter(python, env.providerUrl, { rows: routerRows, concurrency }) : null,
    packed: () => runBatch(client, env, 'packed', { rows: packedRows, concurrency }),
    workflow: async () =>
      workflowRows > 0 ? runBatch(client, env, 'workflow', { rows: workflowRows, concurrency }) : null,
  };
  const measured: Record<System, Run[]> = { litellm: [], packed: [], workflow: [] };
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const system of SYSTEMS) {
        const run = await runs[system]();
        if (run === null) continue;
        const { rowsPerSecond, cpuMs } = run;
        const name = round === 0 ? 'warm-up' : `round ${round}`;
        report(
          `${name}: ${system.padEnd(8)} ${rowsPerSecond.toFixed(0)} rows/s, ${cpuMs.toFixed(2)} ms of CPU per row`,
        );
        if (round > 0) measured[system].push(run);
      }
    }
    return measured;
  } finally {
    await client.close();
    await env.close();
  }
}

const measured = await measure();
const of = (system: System, figure: keyof Run) => median(measured[system].map((run) => run[figure]));
const rounded = (value: number) => Math.round(value * 100) / 100;
const rows = SYSTEMS.map((system) => [
  system,
  of(system, 'rowsPerSecond').toFixed(0),
  of(system, 'cpuMs').toFixed(2),
  of(system, 'serverCpuMs').toFixed(2),
  of(system, 'peakMegabytes').toFixed(0),
]);
report(`\n${table(['', 'rows/s', 'CPU ms per row', 'of it the server', 'peak MB'], rows)}\n`);
report(
  JSON.stringify({
    packed_vs_litellm_rate: rounded(of('packed', 'rowsPerSecond') / of('litellm', 'rowsPerSecond')),
    packed_cpu_ms: rounded(of('packed', 'cpuMs')),
    workflow_cpu_ms: rounded(of('workflow', 'cpuMs')),
    litellm_cpu_ms: rounded(of('litellm', 'cpuMs')),
    packed_vs_litellm_cpu: rounded(of('packed', 'cpuMs') / of('litellm', 'cpuMs')),
  }),
);
process.exit();
