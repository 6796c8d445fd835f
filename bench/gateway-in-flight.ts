import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { Agent, fetch } from 'undici';
import { wholeNumber } from '../src/cli/option-values.js';
import { DURABILITIES } from '../src/core/call/durability.js';
import { cpuTimeMs } from './cpu-time.js';
import { startChild } from './child.js';
import { figures } from './soak.js';
import { openStack, startServe } from './stack.js';
import { median } from './statistics.js';

const program = new Command('npm run bench:gateway-in-flight --')
  .description('Has many calls at once in one holdfast serve, each of which its provider answers late.')
  .option('--calls <count>', 'calls at a time', wholeNumber(1, 10_000), 1000)
  .option('--seconds <count>', 'until the provider answers', wholeNumber(1, 600), 30)
  .parse();

const { calls, seconds } = program.opts<{ calls: number; seconds: number }>();

/** How often memory and event loop are looked at, while the calls are under way. */
const LOOK_EVERY_MS = 1000;

const { server, serve, close } = await openStack(console.log, async (stack) => {
  const provider = await startChild<{ url: string }>('call-provider.ts', {});
  stack.onClose(() => provider.stop());
  const params = { model: `openai/slow(${seconds})`, api_base: `${provider.ready.url}/v1`, api_key: 'none' };
  // More than the gateway lets in by itself.
  const general = { global_max_parallel_requests: calls + 10 };
  const config = { model_list: [{ model_name: 'late', litellm_params: params }], general_settings: general };
  return { server: stack.server, serve: await startServe(stack, stringify(config)) };
});

const dispatcher = new Agent({ connections: calls, headersTimeout: 0, bodyTimeout: 0 });

async function ask(content: string, durability: string): Promise<number> {
  const startedMs = performance.now();
  const response = await fetch(`${serve.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-holdfast-durability': durability },
    body: JSON.stringify({ model: 'late', messages: [{ role: 'user', content }] }),
    dispatcher,
  });
  const text = await response.text();
  if (response.status !== 200 || !text.includes(content)) throw new Error(`${response.status}: ${text.slice(0, 300)}`);
  return performance.now() - startedMs;
}

/** Attempts of all calls so far, by their outcome. */
async function attempts(): Promise<Map<string, number>> {
  const text = await (await fetch(`${serve.url}/metrics`)).text();
  const counted = text.matchAll(/^holdfast_attempts_total\{.*?outcome="(\w+)".*?\} (\d+)/gm);
  const sums = new Map<string, number>();
  for (const [, outcome = '', count] of counted) sums.set(outcome, (sums.get(outcome) ?? 0) + Number(count));
  return sums;
}

async function run(durability: string) {
  const before = await cpu();
  const madeBefore = await attempts();
  const answers = Array.from({ length: calls }, (_, call) => ask(`Question ${call}`, durability));
  const over = new AbortController();
  const seen = watch(over.signal);
  const ended = await Promise.allSettled(answers);
  over.abort();
  const after = await cpu();
  const tookMs = ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])).toSorted((a, b) => a - b);
  for (const end of ended) if (end.status === 'rejected') console.log(String(end.reason));
  const { megabytes, loopDelayMs } = await seen;
  const added = (ms: number | undefined) => Math.round((ms ?? Number.NaN) - seconds * 1000);
  return {
    answered: tookMs.length,
    attempts: Object.fromEntries([...(await attempts())].map(([how, n]) => [how, n - (madeBefore.get(how) ?? 0)])),
    added_p50_ms: added(median(tookMs)),
    added_max_ms: added(tookMs.at(-1)),
    peak_megabytes: Math.round(megabytes),
    event_loop_p99_ms: Math.round(loopDelayMs),
    cpu_ms_per_call: {
      serve: Math.round((after[0] - before[0]) / calls),
      server: Math.round((after[1] - before[1]) / calls),
    },
  };
}

/** The most of what was seen until the signal. */
async function watch(signal: AbortSignal): Promise<{ megabytes: number; loopDelayMs: number }> {
  let most = { megabytes: 0, loopDelayMs: 0 };
  while (!signal.aborted) {
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    const now = await figures(serve.url);
    most = {
      megabytes: Math.max(most.megabytes, now.megabytes),
      loopDelayMs: Math.max(most.loopDelayMs, now.loopDelayMs),
    };
  }
  return most;
}

async function cpu(): Promise<[serve: number, server: number]> {
  const [ofServe, ofServer] = await Promise.all([serve.pid, server.pid].map(cpuTimeMs));
  return [ofServe ?? Number.NaN, ofServer ?? Number.NaN];
}

try {
  const results: Record<string, Awaited<ReturnType<typeof run>>> = {};
  for (const durability of DURABILITIES) {
    results[durability] = await run(durability);
    if (results[durability].answered < calls) process.exitCode = 1;
  }
  console.log(JSON.stringify({ calls, seconds, ...results }));
} finally {
  await close();
}
process.exit();
