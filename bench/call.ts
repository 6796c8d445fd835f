import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { wholeNumber } from '../src/cli/option-values.js';
import { summary, tables, type Measured } from './call-results.js';
import { openCallers } from './callers.js';
import { openEnvironment, type Environment } from './environment.js';
import { measureHistories } from './histories.js';
import { runRounds, runSingleCalls } from './rounds.js';

interface Options {
  rounds: number;
  calls: number;
  concurrency: number;
  profile?: string;
}

/** Calls of each kind, one at a time, for the latency. */
const SINGLE_CALLS = 40;

const program = new Command('npm run bench:call --')
  .description(
    'Compares durable calls, in both ways, with the least that Temporal can do, a workflow with one activity, in turns.',
  )
  .option('--rounds <count>', 'rounds that count, after one to warm up', wholeNumber(1, 1000), 6)
  .option('--calls <count>', 'calls of each kind in a round', wholeNumber(1, 100_000), 150)
  .option('--concurrency <count>', 'calls at a time', wholeNumber(1, 1000), 20)
  .option('--profile <folder>', 'write CPU profiles of the worker there')
  .parse();

const options = program.opts<Options>();
const report = (line: string) => console.log(line);
const profileFolder = options.profile === undefined ? undefined : resolve(options.profile);
if (profileFolder !== undefined) mkdirSync(profileFolder, { recursive: true });

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stop.abort(new Error('stopped before the end')));
}

/** Rejects when the benchmark is stopped: a call in flight may have lost its server or its worker by then. */
const stopped = new Promise<never>((_resolve, reject) => {
  stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Error), { once: true });
});
// It may come before anything waits for it.
stopped.catch(() => undefined);

async function measure(env: Environment): Promise<Measured> {
  const { signal } = stop;
  const callers = await openCallers(env);
  const rounds = await runRounds(env, callers, { ...options, signal, report });
  // A worker makes first attempts in first workflow tasks when it has seen that their activities come to it.
  const histories = await measureHistories(callers);
  const single = await runSingleCalls(callers, { count: SINGLE_CALLS, signal });
  await callers.close();
  return { rounds, single, histories };
}

try {
  const env = await openEnvironment({ profileFolder, bare: true, report });
  try {
    const measured = await Promise.race([measure(env), stopped]);
    report(`\nMedians of ${options.rounds} rounds of ${options.calls} calls, ${options.concurrency} at a time:`);
    report(`\n${tables(measured)}\n`);
    report(JSON.stringify(summary(measured)));
  } finally {
    await env.close();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
// Calls that were in flight when it was stopped still wait for their server.
process.exit();
