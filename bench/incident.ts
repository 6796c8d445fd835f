import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { rate, wholeNumber } from '../src/cli/option-values.js';
import { actOnCalls, findRunningCalls } from '../src/client/act-on-calls.js';
import { systemClock } from '../src/clock.js';
import { Turns } from '../src/core/common/turns.js';
import { startMockProvider } from '../src/mock-provider/index.js';
import { loadBuild } from './build.js';
import type { WorkerInput } from './call-worker.js';
import { startChild } from './child.js';
import { GOOD_MODEL, TASK_QUEUES } from './kinds.js';
import { openStack } from './stack.js';

interface Options {
  calls: number;
  move: number;
  ramp: number;
}

const program = new Command('npm run bench:incident --')
  .description(
    'Calls that wait for hours: how long the overview takes, and to move some of them to another model group.',
  )
  .option('--calls <count>', 'calls that wait', wholeNumber(1, 100_000), 10_000)
  .option('--move <count>', 'calls that are moved', wholeNumber(0, 100_000), 1_000)
  .option('--ramp <rate>', 'so many in a time', rate, 50)
  .parse();

const { calls, move, ramp } = program.opts<Options>();
const report = (line: string) => console.log(line);

/** Calls are started so many at once. */
const AT_ONCE = 50;

const MODELS = { good: GOOD_MODEL, limited: '429(retry-after=7200)' };

const { HoldfastClient } = await loadBuild();
const stack = await openStack(report, async ({ server, onClose }) => {
  const provider = await startMockProvider({ journal: false });
  onClose(() => provider.close());
  const config = stringify({
    model_list: Object.entries(MODELS).map(([group, model]) => ({
      model_name: group,
      litellm_params: { model: `openai/${model}`, api_base: `${provider.url}/v1`, api_key: 'none' },
    })),
  });
  const input: WorkerInput = { address: server.address, providerUrl: provider.url, config, bare: false };
  const worker = await startChild<object>('call-worker.ts', input);
  onClose(() => worker.stop());
  const client = await HoldfastClient.connect({ address: server.address, taskQueue: TASK_QUEUES.llmCall });
  onClose(() => client.close());
  return { client, provider };
});
const { client, provider } = stack;

async function timed<T>(work: () => Promise<T>): Promise<{ readonly seconds: number; readonly result: T }> {
  const startedMs = performance.now();
  const result = await work();
  return { seconds: Math.round((performance.now() - startedMs) / 100) / 10, result };
}

try {
  const turns = new Turns(AT_ONCE);
  const request = { model: 'limited', messages: [{ role: 'user' as const, content: 'Hello' }] };
  const { seconds } = await timed(() =>
    Promise.all(Array.from({ length: calls }, () => turns.take(async () => client.start(request)))),
  );
  report(`${calls} calls were started in ${seconds} s`);
  for (;;) {
    const stuck = await timed(() => client.stuck());
    const { groups, ...counts } = stuck.result;
    const asked = provider.callCount();
    report(JSON.stringify({ stuck_seconds: stuck.seconds, ...counts, groups: groups.length, asked }));
    // A call that no worker has begun waits, too, and has its first attempt before it.
    if (counts.inFlight === 0 && counts.running === calls && asked >= calls) break;
    await sleep(5_000);
  }
  const found = await timed(() => findRunningCalls(client, { retrying: 'limited' }, move));
  const moved = await timed(() =>
    actOnCalls(found.result.ids, (id) => client.handle(id).act('use', { by: 'bench', why: 'bench', group: 'good' }), {
      clock: systemClock,
      perSecond: ramp,
      stopped: new AbortController().signal,
      tell: () => undefined,
    }),
  );
  report(JSON.stringify({ find_seconds: found.seconds, move_seconds: moved.seconds, ...moved.result }));
} finally {
  await stack.close();
}
process.exit();
