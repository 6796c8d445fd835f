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
    'What calls cost by the size of their prompts, with and without encryption: CPU of the worker and of its client.',
  )
  .option('--sizes <kilobytes>', 'sizes of prompts, with commas', '1,16,128,1000')
  .option('--rounds <count>', 'measurements of each', wholeNumber(1, 100), 5)
  .option(
    '--kilobytes <count>',
    'of prompts in one measurement; at least 10 calls, at most 200',
    wholeNumber(1, 1_000_000),
    20_000,
  )
  .parse();

const { rounds, kilobytes, ...given } = program.opts<{ rounds: number; kilobytes: number; sizes: string }>();
const sizes = given.sizes.split(',').map(Number);

const KEY = { id: 'k1', key: Buffer.alloc(32, 7) };
const WAYS = { plain: [], encrypted: [KEY] };
type Way = keyof typeof WAYS;

const AT_ONCE = 10;

const provider = await startMockProvider({ script: {}, journal: false });
const { server, close } = await openStack(console.log, async (stack) => {
  stack.onClose(() => provider.close());
  return { server: stack.server };
});

function configOf(way: Way): string {
  const params = { model: `openai/${GOOD_MODEL}`, api_base: `${provider.url}/v1`, api_key: 'none' };
  const keys = WAYS[way].map(({ id, key }) => ({ id, key: key.toString('base64') }));
  return stringify({
    model_list: [{ model_name: 'good', litellm_params: params }],
    ...(keys.length > 0 && { encryption: { keys } }),
  });
}

/** CPU of a call of this size, of the worker and of this process, in ms. */
async function cpuOfCall(worker: Child<object>, client: HoldfastClient, size: number): Promise<number> {
  const calls = Math.min(200, Math.max(AT_ONCE, Math.round(kilobytes / size)));
  const content = 'x'.repeat(size * 1000);
  let left = calls;
  const callOn = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await client.execute({ model: 'good', messages: [{ role: 'user', content }] });
    }
  };
  const [workerBefore, own] = [(await cpuTimeMs(worker.pid)) ?? Number.NaN, process.cpuUsage()];
  await Promise.all(Array.from({ length: AT_ONCE }, callOn));
  const { user, system } = process.cpuUsage(own);
  return (((await cpuTimeMs(worker.pid)) ?? Number.NaN) - workerBefore + (user + system) / 1000) / calls;
}

try {
  const measured = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const way of Object.keys(WAYS) as Way[]) {
      const input: WorkerInput = {
        address: server.address,
        providerUrl: provider.url,
        config: configOf(way),
        bare: false,
        taskQueue: `bench-${way}`,
      };
      const worker = await startChild<object>('call-worker.ts', input);
      const { address } = server;
      const client = await HoldfastClient.connect({
        address,
        taskQueue: `bench-${way}`,
        keys: keyRing(WAYS[way]),
      });
      // What is compiled while the first calls run is no part of what others cost.
      await cpuOfCall(worker, client, 1);
      for (const size of sizes) {
        const ms = await cpuOfCall(worker, client, size);
        const name = `${way} ${size}`;
        if (round > 0) measured.set(name, [...(measured.get(name) ?? []), ms]);
      }
      await client.close();
      await worker.stop();
    }
  }
  console.log('CPU of a call in ms, of worker and client, medians');
  for (const size of sizes) {
    const [plain = Number.NaN, encrypted = Number.NaN] = ['plain', 'encrypted'].map((way) =>
      median(measured.get(`${way} ${size}`) ?? []),
    );
    const more = ((encrypted / plain - 1) * 100).toFixed(1);
    console.log(
      `${String(size).padStart(6)} KB: plain ${plain.toFixed(2)}, encrypted ${encrypted.toFixed(2)} (${more} %)`,
    );
  }
} finally {
  await close();
}
