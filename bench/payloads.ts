import { randomBytes } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { wholeNumber } from '../src/cli/option-values.js';
import { table } from '../src/cli/table.js';
import { startMockProvider } from '../src/mock-provider/index.js';
import { startCli } from '../test/helpers/processes.js';
import { waitFor } from '../test/helpers/wait-for.js';
import { cpuTimeMs } from './cpu-time.js';
import { openStack, type Stack } from './stack.js';
import { median } from './statistics.js';
import { forgetPeak, memoryOf, vitalsOf, withVitals } from './vitals.js';

const program = new Command('npm run bench:payloads --')
  .description(
    'What calls by a gateway and a worker cost by the size of their prompts, with external storage, with and without encryption, and by both in one process: ' +
      'CPU, time, memory, how long an event loop is held, bytes in the history and in the storage.',
  )
  .option('--sizes <kilobytes>', 'sizes of prompts, with commas', '1,128,1000,20000,50000')
  .option('--rounds <count>', 'measurements of each size, and of each way', wholeNumber(1, 100), 3)
  .option('--small <count>', 'rounds of small calls, for what encryption costs', wholeNumber(1, 100), 8)
  .option('--calls <count>', 'small calls in each', wholeNumber(1, 10_000), 100)
  .parse();

const { rounds, small, calls, ...given } = program.opts<{
  rounds: number;
  small: number;
  calls: number;
  sizes: string;
}>();
const sizes = given.sizes.split(',').map(Number);

const KEYS = [{ id: 'k1', key: Buffer.alloc(32, 7).toString('base64') }];
/** With `serve` gateway and worker are one process. */
const WAYS = { plain: {}, encrypted: { encryption: { keys: KEYS } }, serve: {} };
type Way = keyof typeof WAYS;

const SMALL_KB = 1;
const SMALL_AT_ONCE = 10;
/** Calls that wait for their answers at once, and the size of their prompts. */
const HELD = { calls: 3, kilobytes: 20_000 };

/** What a call cost. */
interface Cost {
  readonly cpuMs: number;
  readonly ms: number;
  /** The most CPU time that the event loop of one of the processes took in one go. */
  readonly loopMs: number;
  /** Of the process that had more: the most that was resident, beyond what was before, as a multiple of the prompt. */
  readonly peak: number;
  readonly historyKb: number;
  readonly storedKb: number;
}

const COLUMNS: Readonly<Record<keyof Cost, string>> = {
  cpuMs: 'CPU ms',
  ms: 'ms',
  loopMs: 'longest turn, CPU ms',
  peak: 'peak × prompt',
  historyKb: 'KB in the history',
  storedKb: 'KB stored',
};

interface Process {
  readonly pid: number;
  readonly socket: string;
}

interface Target {
  readonly way: Way;
  readonly url: string;
  readonly store: string;
  readonly processes: readonly Process[];
}

const provider = await startMockProvider({
  script: { good: [{ content: 'ok' }], held: [{ hold: true }] },
  journal: false,
});
const { apart, targets, temporal, close } = await openStack(console.log, async (stack) => {
  stack.onClose(() => provider.close());
  const temporal = await Connection.connect({ address: stack.server.address });
  stack.onClose(() => temporal.close());
  const apart = [await startTarget(stack, 'plain'), await startTarget(stack, 'encrypted')];
  return { temporal, apart, targets: [...apart, await startTarget(stack, 'serve')] };
});

/** A gateway and a worker. */
async function startTarget({ folder, server, onClose }: Stack, way: Way): Promise<Target> {
  const store = join(folder, `payloads-${way}`);
  const config = join(folder, `${way}.yaml`);
  const model = (name: string) => ({
    model_name: name,
    litellm_params: { model: `openai/${name}`, api_base: `${provider.url}/v1`, api_key: 'none' },
  });
  const text = { model_list: [model('good'), model('held')], external_storage: { location: store }, ...WAYS[way] };
  await writeFile(config, stringify(text));
  const at = ['--config', config, '--address', server.address, '--task-queue', `bench-${way}`];
  const start = async (command: string, ready: RegExp, ...more: string[]) => {
    const socket = join(folder, `${way}-${command}`);
    const running = startCli([command, ...at, ...more], { env: withVitals(socket) });
    onClose(() => running.end('SIGTERM'));
    await running.said(ready);
    return { running, process: { pid: running.process.pid ?? 0, socket } };
  };
  const workers = way === 'serve' ? [] : [await start('worker', /polls task queue/)];
  const gateway = await start(way === 'serve' ? 'serve' : 'gateway', / serves http\S+\/v1 /, '--port', '0');
  const [, url = ''] = / serves (http\S+)\/v1 /.exec(gateway.running.output()) ?? [];
  return { way, url, store, processes: [gateway, ...workers].map(({ process }) => process) };
}

/** Returns the id of the call. Each prompt is another one: what is the same in a call is stored once. */
async function ask({ url }: Target, kilobytes: number, model = 'good'): Promise<string> {
  const content = [{ type: 'image_url', image_url: { url: `data:image/png;base64,${textOf(kilobytes)}` } }];
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`the gateway answered ${response.status}: ${answer.slice(0, 500)}`);
  return response.headers.get('x-holdfast-workflow-id') ?? '';
}

function textOf(kilobytes: number): string {
  return randomBytes((kilobytes * 1000 * 3) / 4).toString('base64');
}

async function cpuOf({ processes }: Target): Promise<number> {
  const each = await Promise.all(processes.map(async ({ pid }) => (await cpuTimeMs(pid)) ?? Number.NaN));
  return each.reduce((sum, ms) => sum + ms, 0);
}

async function smallCallCpuMs(target: Target): Promise<number> {
  const before = await cpuOf(target);
  let left = calls;
  const callOn = async (): Promise<void> => {
    while (left-- > 0) await ask(target, SMALL_KB);
  };
  await Promise.all(Array.from({ length: SMALL_AT_ONCE }, callOn));
  return ((await cpuOf(target)) - before) / calls;
}

async function costOf(target: Target, kilobytes: number): Promise<Cost> {
  const { processes, store } = target;
  const before = await Promise.all(processes.map(async ({ pid }) => memoryOf(pid, 'VmRSS')));
  for (const { pid, socket } of processes) {
    await forgetPeak(pid);
    await vitalsOf(socket, 'loop');
  }
  const [cpu, stored, startedMs] = [await cpuOf(target), await bytesIn(store), performance.now()];
  const callId = await ask(target, kilobytes);
  const ms = performance.now() - startedMs;
  const cpuMs = (await cpuOf(target)) - cpu;
  const loops = await Promise.all(processes.map(async ({ socket }) => (await vitalsOf(socket, 'loop')).loopMs));
  const peaks = await Promise.all(
    processes.map(async ({ pid }, index) => (await memoryOf(pid, 'VmHWM')) - (before[index] ?? 0)),
  );
  return {
    cpuMs,
    ms,
    loopMs: Math.max(...loops),
    peak: Math.max(0, ...peaks) / (kilobytes * 1000),
    historyKb: (await historyBytes(callId)) / 1000,
    storedKb: ((await bytesIn(store)) - stored) / 1000,
  };
}

/** What each process holds for a call that waits for its answer, as a multiple of the prompt: the gateway's, the worker's. */
async function heldPerPrompt(target: Target): Promise<number[]> {
  const heldNow = () =>
    Promise.all(target.processes.map(async ({ socket }) => (await vitalsOf(socket, 'held')).heldBytes ?? Number.NaN));
  // What was left of calls before goes with them.
  await smallCallCpuMs(target);
  const before = await heldNow();
  const wanted = provider.callCount('held') + HELD.calls;
  const asked = Array.from({ length: HELD.calls }, () => ask(target, HELD.kilobytes, 'held'));
  await waitFor(() => provider.callCount('held') === wanted, { what: 'the provider to hold all answers' });
  const after = await heldNow();
  provider.release();
  await Promise.all(asked);
  return after.map((bytes, index) => (bytes - (before[index] ?? 0)) / HELD.calls / (HELD.kilobytes * 1000));
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

const times = <T>(count: number, work: (round: number) => Promise<T>): Promise<T[]> =>
  Array.from({ length: count }, (_, round) => round).reduce<Promise<T[]>>(
    async (before, round) => [...(await before), await work(round)],
    Promise.resolve([]),
  );

/**
 * What encryption adds to the CPU of small calls, all together: in each round both ways have their turn, and first the one, then the
 * other. The first turn of a round costs another tenth than the second.
 */
async function smallCalls(): Promise<{ readonly plainMs: number; readonly share: number }> {
  const measured = await times(small + 1, async (round) => {
    const order = round % 2 === 0 ? apart : apart.toReversed();
    const cpu = new Map<Way, number>();
    for (const target of order) cpu.set(target.way, await smallCallCpuMs(target));
    const [plain = Number.NaN, encrypted = Number.NaN] = [cpu.get('plain'), cpu.get('encrypted')];
    console.log(
      `small calls, ${round === 0 ? 'warm-up' : `round ${round}`}: ${plain.toFixed(2)} and ${encrypted.toFixed(2)} ms of CPU`,
    );
    return { plain, encrypted };
  });
  const counted = measured.slice(1);
  const sum = (way: 'plain' | 'encrypted') => counted.reduce((ms, each) => ms + each[way], 0);
  return { plainMs: sum('plain') / small, share: sum('encrypted') / sum('plain') - 1 };
}

async function costsBySize(): Promise<ReadonlyMap<string, Cost>> {
  const costs = new Map<string, Cost>();
  for (const size of sizes) {
    for (const target of targets) {
      // The first of each size finds the heap of another one.
      const measured = (await times(rounds + 1, () => costOf(target, size))).slice(1);
      const medians = Object.keys(COLUMNS).map((what) => [
        what,
        median(measured.map((cost) => cost[what as keyof Cost])),
      ]);
      costs.set(`${size} KB, ${target.way}`, Object.fromEntries(medians) as Cost);
    }
  }
  return costs;
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

try {
  const encryption = await smallCalls();
  const costs = await costsBySize();
  const columns = Object.entries(COLUMNS) as [keyof Cost, string][];
  const rows = [...costs].map(([name, cost]) => [name, ...columns.map(([what]) => cost[what].toFixed(1))]);
  console.log(`\n${table(['', ...columns.map(([, name]) => name)], rows)}\n`);
  const held = Object.fromEntries(
    await times(targets.length, async (index): Promise<[string, number[]]> => {
      const target = targets[index] as Target;
      return [target.way, (await heldPerPrompt(target)).map(rounded)];
    }),
  );
  console.log(
    JSON.stringify({
      encryption_share_of_small_call_cpu: rounded(encryption.share),
      small_call_cpu_ms: rounded(encryption.plainMs),
      held_per_prompt: { of: ['gateway', 'worker'], ...held },
      costs: Object.fromEntries(
        [...costs].map(([name, cost]) => [
          name,
          Object.fromEntries(Object.entries(cost).map(([what, value]) => [what, rounded(value as number)])),
        ]),
      ),
    }),
  );
} finally {
  await close();
}
process.exit();
