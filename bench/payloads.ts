import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/option-values.js';
import { table } from '../src/cli/table.js';
import { waitFor } from '../test/helpers/wait-for.js';
import { cpuTimeMs } from './cpu-time.js';
import { ANSWER_KB, ask, startProvider, startTarget, type Target, type Way } from './payload-targets.js';
import { openStack } from './stack.js';
import { median } from './statistics.js';
import { forgetPeak, memoryOf, vitalsOf } from './vitals.js';

const program = new Command('npm run bench:payloads --')
  .description(
    'What calls by a gateway and a worker cost by the size of their prompts, with external storage, with and without encryption, and by both in one process; ' +
      'the first call of a process, several at once, and an image as the answer: ' +
      'CPU, time, memory, how long an event loop is held, bytes in the history and in the storage.',
  )
  .option('--sizes <kilobytes>', 'sizes of prompts, with commas', '1,128,1000,20000,50000')
  .option('--rounds <count>', 'measurements of each size, and of each way', wholeNumber(1, 100), 3)
  .option('--small <count>', 'rounds of small calls, for what encryption costs', wholeNumber(0, 100), 8)
  .option('--calls <count>', 'small calls in each', wholeNumber(1, 10_000), 100)
  .parse();

const { rounds, small, calls, ...given } = program.opts<{
  rounds: number;
  small: number;
  calls: number;
  sizes: string;
}>();
const sizes = given.sizes.split(',').map(Number);

const SMALL_KB = 1;
const SMALL_AT_ONCE = 10;
/** Of a first call, and of each of several at once. */
const LARGE_KB = 20_000;
const AT_ONCE = 4;
/** Calls that wait for their answers at once. */
const HELD = 3;

/** What calls cost, each. */
interface Cost {
  readonly cpuMs: number;
  readonly ms: number;
  /** The most CPU time that the event loop of one of the processes took in one go. */
  readonly loopMs: number;
  /** The most that was resident, beyond what was before, as a multiple of the payloads under way. */
  readonly gatewayPeak: number;
  /** NaN: the gateway is the worker. */
  readonly workerPeak: number;
  readonly historyKb: number;
  readonly storedKb: number;
}

const COLUMNS: Readonly<Record<keyof Cost, string>> = {
  cpuMs: 'CPU ms',
  ms: 'ms',
  loopMs: 'longest turn, CPU ms',
  gatewayPeak: 'gateway, peak × payload',
  workerPeak: 'worker',
  historyKb: 'KB in the history',
  storedKb: 'KB stored',
};
const FIGURES = Object.keys(COLUMNS) as (keyof Cost)[];

/** Calls that are measured together. */
interface Asked {
  readonly kilobytes: number;
  /** @default `good` */
  readonly model?: string;
  /** @default 1 */
  readonly atOnce?: number;
  /** What their prompts or answers have. @default what is asked */
  readonly payloadKb?: number;
}

const provider = await startProvider();
const { targets, temporal, close } = await openStack(console.log, async (stack) => {
  stack.onClose(() => provider.close());
  const temporal = await Connection.connect({ address: stack.server.address });
  stack.onClose(() => temporal.close());
  const start = (way: Way) => startTarget(stack, provider, way);
  return { temporal, targets: [await start('plain'), await start('encrypted'), await start('serve')] };
});
const apart = targets.filter(({ way }) => way !== 'serve');

async function cpuOf({ processes }: Target): Promise<number> {
  const each = await Promise.all(processes.map(async ({ pid }) => (await cpuTimeMs(pid)) ?? Number.NaN));
  return each.reduce((sum, ms) => sum + ms, 0);
}

/** The code of a small call takes so many rounds until it is as fast as it gets. */
const WARM_UP = 10;

async function smallCallCpuMs(target: Target, count = calls): Promise<number> {
  const before = await cpuOf(target);
  let left = count;
  const callOn = async (): Promise<void> => {
    while (left-- > 0) await ask(target, SMALL_KB, 'good');
  };
  await Promise.all(Array.from({ length: SMALL_AT_ONCE }, callOn));
  return ((await cpuOf(target)) - before) / count;
}

async function costOf(
  target: Target,
  { kilobytes, model = 'good', atOnce = 1, payloadKb = kilobytes }: Asked,
): Promise<Cost> {
  const { processes, store } = target;
  const before = await Promise.all(processes.map(async ({ pid }) => memoryOf(pid, 'VmRSS')));
  for (const { pid, socket } of processes) {
    await forgetPeak(pid);
    await vitalsOf(socket, 'loop');
  }
  const [cpu, stored, startedMs] = [await cpuOf(target), await bytesIn(store), performance.now()];
  const [callId = ''] = await Promise.all(Array.from({ length: atOnce }, () => ask(target, kilobytes, model)));
  const ms = performance.now() - startedMs;
  const cpuMs = (await cpuOf(target)) - cpu;
  const loops = await Promise.all(processes.map(async ({ socket }) => (await vitalsOf(socket, 'loop')).loopMs));
  const peaks = await Promise.all(
    processes.map(async ({ pid }, index) => (await memoryOf(pid, 'VmHWM')) - (before[index] ?? 0)),
  );
  const [gatewayPeak = Number.NaN, workerPeak = Number.NaN] = peaks.map(
    (bytes) => Math.max(0, bytes) / (atOnce * payloadKb * 1000),
  );
  return {
    cpuMs: cpuMs / atOnce,
    ms,
    loopMs: Math.max(...loops),
    gatewayPeak,
    workerPeak,
    historyKb: (await historyBytes(callId)) / 1000,
    storedKb: ((await bytesIn(store)) - stored) / atOnce / 1000,
  };
}

/** What each process holds for a call that waits for its answer, as a multiple of the prompt: the gateway's, the worker's. */
async function heldPerPrompt(target: Target): Promise<number[]> {
  const heldNow = () =>
    Promise.all(target.processes.map(async ({ socket }) => (await vitalsOf(socket, 'held')).heldBytes ?? Number.NaN));
  // What was left of calls before goes with them.
  await smallCallCpuMs(target);
  const before = await heldNow();
  const wanted = provider.callCount('held') + HELD;
  const asked = Array.from({ length: HELD }, () => ask(target, LARGE_KB, 'held'));
  await waitFor(() => provider.callCount('held') === wanted, { what: 'the provider to hold all answers' });
  const after = await heldNow();
  provider.release();
  await Promise.all(asked);
  return after.map((bytes, index) => (bytes - (before[index] ?? 0)) / HELD / (LARGE_KB * 1000));
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
    const count = round === 0 ? WARM_UP * calls : calls;
    for (const target of order) cpu.set(target.way, await smallCallCpuMs(target, count));
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

const KINDS: Readonly<Record<string, Asked>> = {
  ...Object.fromEntries(sizes.map((kilobytes) => [`${kilobytes} KB`, { kilobytes }])),
  [`${AT_ONCE} at once`]: { kilobytes: LARGE_KB, atOnce: AT_ONCE },
  answer: { kilobytes: SMALL_KB, model: 'image', payloadKb: ANSWER_KB },
};

async function measureAll(costs: Map<string, Cost>): Promise<void> {
  for (const [kind, asked] of Object.entries(KINDS)) {
    for (const target of targets) {
      // The first of each kind finds the heap of another one.
      const measured = (await times(rounds + 1, () => costOf(target, asked))).slice(1);
      const medians = FIGURES.map((what) => [what, median(measured.map((cost) => cost[what]))]);
      costs.set(`${kind}, ${target.way}`, Object.fromEntries(medians) as Cost);
    }
  }
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

try {
  const costs = new Map<string, Cost>();
  // What a process loads for its first call is none of the payload's: it is a call of its own, and its peak is in MB.
  const first = { kilobytes: SMALL_KB, payloadKb: 1000 };
  for (const target of targets) costs.set(`1 KB first, peak in MB, ${target.way}`, await costOf(target, first));
  for (const target of targets) costs.set(`first, ${target.way}`, await costOf(target, { kilobytes: LARGE_KB }));
  const encryption = await smallCalls();
  await measureAll(costs);
  const rows = [...costs].map(([name, cost]) => [name, ...FIGURES.map((what) => cost[what].toFixed(1))]);
  console.log(`\n${table(['', ...Object.values(COLUMNS)], rows)}\n`);
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
