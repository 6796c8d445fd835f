import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { wholeNumber } from '../src/cli/option-values.js';
import { HoldfastClient, keyRing } from '../src/client.js';
import { startMockProvider } from '../src/mock-provider/index.js';
import type { WorkerInput } from './call-worker.js';
import { startChild, type Child } from './child.js';
import { cpuTimeMs } from './cpu-time.js';
import { GOOD_MODEL } from './kinds.js';
import { openStack } from './stack.js';
import { median } from './statistics.js';

const program = new Command('npm run bench:payloads --')
  .description(
    'What calls cost by the size of their prompts, with external storage, with and without encryption: CPU of the worker and of ' +
      'its client, time, memory of the worker, bytes in the history and in the storage.',
  )
  .option('--sizes <kilobytes>', 'sizes of prompts, with commas', '1,16,128,1000,10000,50000')
  .option('--rounds <count>', 'measurements of each', wholeNumber(1, 100), 5)
  .option(
    '--kilobytes <count>',
    'of prompts in one measurement; at least as many calls as are under way at once, at most 200',
    wholeNumber(1, 1_000_000),
    20_000,
  )
  .parse();

const { rounds, kilobytes, ...given } = program.opts<{ rounds: number; kilobytes: number; sizes: string }>();
const sizes = given.sizes.split(',').map(Number);

const KEY = { id: 'k1', key: Buffer.alloc(32, 7) };
const WAYS = { plain: [], encrypted: [KEY] };
type Way = keyof typeof WAYS;

const MB = 1024 * 1024;

/** So many kilobytes of prompts are under way at once, in ten calls at most. */
const UNDER_WAY = 20_000;

/** What a call cost. */
interface Cost {
  readonly cpuMs: number;
  readonly ms: number;
  /** The most that the worker had, beyond what it had before, by the calls under way at once. NaN where it cannot be told. */
  readonly memoryMb: number;
  readonly historyKb: number;
  readonly storedKb: number;
}

const COLUMNS: Readonly<Record<keyof Cost, string>> = {
  cpuMs: 'CPU ms',
  ms: 'ms',
  memoryMb: 'MB of the worker',
  historyKb: 'KB in the history',
  storedKb: 'KB stored',
};

const provider = await startMockProvider({ script: {}, journal: false });
const { server, folder, close } = await openStack(console.log, async (stack) => {
  stack.onClose(() => provider.close());
  return stack;
});
const temporal = await Connection.connect({ address: server.address });

const placeOf = (way: Way): string => join(folder, `payloads-${way}`);

function configOf(way: Way): string {
  const params = { model: `openai/${GOOD_MODEL}`, api_base: `${provider.url}/v1`, api_key: 'none' };
  const keys = WAYS[way].map(({ id, key }) => ({ id, key: key.toString('base64') }));
  return stringify({
    model_list: [{ model_name: 'good', litellm_params: params }],
    external_storage: { location: placeOf(way) },
    ...(keys.length > 0 && { encryption: { keys } }),
  });
}

interface Measured {
  readonly worker: Child<object>;
  readonly client: HoldfastClient;
  readonly way: Way;
}

async function costOf({ worker, client, way }: Measured, size: number): Promise<Cost> {
  const atOnce = Math.max(1, Math.min(10, Math.floor(UNDER_WAY / size)));
  const calls = Math.min(200, Math.max(atOnce, Math.round(kilobytes / size)));
  const times: number[] = [];
  let lastId = '';
  let left = calls;
  const callOn = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      // Each prompt is another one: what is the same in a call is stored once.
      const content = `${left} ${'x'.repeat(size * 1000)}`;
      const startedMs = performance.now();
      const handle = await client.start({ model: 'good', messages: [{ role: 'user', content }] });
      await handle.result();
      times.push(performance.now() - startedMs);
      lastId = handle.callId;
    }
  };
  const storedBefore = await bytesIn(placeOf(way));
  const memoryBefore = await memoryOf(worker.pid, 'VmRSS');
  await forgetPeak(worker.pid);
  const [cpuBefore, own] = [(await cpuTimeMs(worker.pid)) ?? Number.NaN, process.cpuUsage()];
  await Promise.all(Array.from({ length: atOnce }, callOn));
  const { user, system } = process.cpuUsage(own);
  const cpuMs = ((await cpuTimeMs(worker.pid)) ?? Number.NaN) - cpuBefore + (user + system) / 1000;
  return {
    cpuMs: cpuMs / calls,
    ms: median(times),
    memoryMb: Math.max(0, (await memoryOf(worker.pid, 'VmHWM')) - memoryBefore) / atOnce / MB,
    historyKb: (await historyBytes(lastId)) / 1000,
    storedKb: ((await bytesIn(placeOf(way))) - storedBefore) / calls / 1000,
  };
}

async function historyBytes(workflowId: string): Promise<number> {
  const { workflowExecutionInfo } = await temporal.workflowService.describeWorkflowExecution({
    namespace: 'default',
    execution: { workflowId },
  });
  return Number(workflowExecutionInfo?.historySizeBytes ?? Number.NaN);
}

async function bytesIn(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizesOfFiles = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizesOfFiles.reduce((sum, bytes) => sum + bytes, 0);
}

/** In bytes; NaN elsewhere than on Linux. */
async function memoryOf(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return 1024 * Number(new RegExp(`^${what}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
}

/** The peak is from now on. */
async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);
}

const measured = new Map<string, Cost[]>();
const key = (way: Way, size: number): string => `${way} ${size}`;
const medianOf = (way: Way, size: number, what: keyof Cost): number =>
  median((measured.get(key(way, size)) ?? []).map((cost) => cost[what]));

try {
  for (let round = 0; round <= rounds; round++) {
    for (const way of Object.keys(WAYS) as Way[]) {
      const { address } = server;
      const taskQueue = `bench-${way}`;
      const input: WorkerInput = { address, providerUrl: provider.url, config: configOf(way), bare: false, taskQueue };
      const worker = await startChild<object>('call-worker.ts', input);
      const externalStorage = { location: placeOf(way) };
      const client = await HoldfastClient.connect({ address, taskQueue, keys: keyRing(WAYS[way]), externalStorage });
      const both = { worker, client, way };
      // What is compiled while the first calls run is no part of what others cost.
      await costOf(both, 1);
      for (const size of sizes) {
        const cost = await costOf(both, size);
        if (round > 0) measured.set(key(way, size), [...(measured.get(key(way, size)) ?? []), cost]);
      }
      await client.close();
      await worker.stop();
    }
  }
  for (const [what, name] of Object.entries(COLUMNS) as [keyof Cost, string][]) {
    console.log(`${name}, for each call, medians`);
    for (const size of sizes) {
      const [plain, encrypted] = [medianOf('plain', size, what), medianOf('encrypted', size, what)];
      const more = ((encrypted / plain - 1) * 100).toFixed(1);
      const label = `${String(size).padStart(6)} KB`;
      console.log(`${label}: plain ${plain.toFixed(2)}, encrypted ${encrypted.toFixed(2)} (${more} %)`);
    }
  }
  const [small = Number.NaN] = sizes;
  const largest = sizes.at(-1) ?? Number.NaN;
  console.log(
    JSON.stringify({
      encryption_share_of_small_call_cpu: medianOf('encrypted', small, 'cpuMs') / medianOf('plain', small, 'cpuMs') - 1,
      small_call_cpu_ms: medianOf('plain', small, 'cpuMs'),
      largest_kb: largest,
      largest_ms: medianOf('encrypted', largest, 'ms'),
      largest_memory_per_payload: (medianOf('encrypted', largest, 'memoryMb') * MB) / (largest * 1000),
      largest_history_kb: medianOf('encrypted', largest, 'historyKb'),
    }),
  );
} finally {
  await temporal.close();
  await close();
}
