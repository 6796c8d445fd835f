import { setTimeout as sleep } from 'node:timers/promises';
import type { Callers } from './callers.js';
import { cpuTimeMs } from './cpu-time.js';
import type { Environment } from './environment.js';
import { KINDS, type Kind, type PerKind } from './kinds.js';

/** Calls of one kind, one after the other in several lines. */
export interface Block {
  readonly callsPerSecond: number;
  /** CPU time for each call, by process; null where it cannot be measured. */
  readonly cpuMs: { readonly server: number | null; readonly worker: number | null; readonly client: number };
}

/** The blocks of each kind, in the order of the rounds. */
export type Rounds = PerKind<Block[]>;

export interface RoundsOptions {
  readonly rounds: number;
  readonly calls: number;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

/** The server's own work for a block goes on for a moment; it must not be counted for the next one. */
const SETTLE_MS = 500;

/** Runs the rounds. Every other one begins with the other kind; the first is for warming up and does not count. */
export async function runRounds(env: Environment, callers: Callers, options: RoundsOptions): Promise<Rounds> {
  const results: Rounds = { bare: [], llmCall: [] };
  for (let round = 0; round <= options.rounds; round += 1) {
    const order = round % 2 === 0 ? KINDS : KINDS.toReversed();
    const rates: string[] = [];
    for (const kind of order) {
      const block = await runBlock(env, callers.answered[kind], options);
      if (round > 0) results[kind].push(block);
      rates.push(`${kind} ${block.callsPerSecond.toFixed(1)}/s`);
    }
    const name = round === 0 ? 'warm-up' : `round ${round} of ${options.rounds}`;
    options.report(`${name}: ${rates.join(', ')}`);
  }
  return results;
}

async function runBlock(
  env: Environment,
  makeCall: () => Promise<unknown>,
  { calls, concurrency, signal }: RoundsOptions,
): Promise<Block> {
  const before = await cpuTimes(env);
  const startedMs = performance.now();
  let left = calls;
  const line = async () => {
    while (left > 0) {
      signal.throwIfAborted();
      left -= 1;
      await makeCall();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, line));
  const tookMs = performance.now() - startedMs;
  await sleep(SETTLE_MS, undefined, { signal });
  const after = await cpuTimes(env);
  return {
    callsPerSecond: calls / (tookMs / 1000),
    cpuMs: {
      server: perCall(before.server, after.server, calls),
      worker: perCall(before.worker, after.worker, calls),
      client: (after.client - before.client) / calls,
    },
  };
}

async function cpuTimes({ serverPid, workerPid }: Environment) {
  const [server, worker] = await Promise.all([cpuTimeMs(serverPid), cpuTimeMs(workerPid)]);
  const { user, system } = process.cpuUsage();
  return { server, worker, client: (user + system) / 1000 };
}

function perCall(before: number | null, after: number | null, calls: number): number | null {
  return before === null || after === null ? null : (after - before) / calls;
}

/** How long single calls take, in milliseconds, the kinds in turns. */
export async function runSingleCalls(
  callers: Callers,
  { count, signal }: { count: number; signal: AbortSignal },
): Promise<PerKind<number[]>> {
  const tookMs: PerKind<number[]> = { bare: [], llmCall: [] };
  const once = async (kind: Kind) => {
    signal.throwIfAborted();
    const startedMs = performance.now();
    await callers.answered[kind]();
    return performance.now() - startedMs;
  };
  for (let index = 0; index < count; index += 1) {
    for (const kind of index % 2 === 0 ? KINDS : KINDS.toReversed()) tookMs[kind].push(await once(kind));
  }
  return tookMs;
}
