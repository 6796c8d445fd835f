import { setTimeout as sleep } from 'node:timers/promises';
import type { Callers } from './callers.js';
import { cpuTimeMs } from './cpu-time.js';
import type { Environment } from './environment.js';
import { KINDS, type Kind, type PerKind } from './kinds.js';

/** The calls of one kind in one round. */
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

/**
 * Runs the rounds; the first is for warming up and does not count. A round has two halves, the second in the opposite
 * order, so that a machine that becomes slower or faster meanwhile does so for both kinds.
 */
export async function runRounds(env: Environment, callers: Callers, options: RoundsOptions): Promise<Rounds> {
  const results: Rounds = { bare: [], llmCall: [], driven: [] };
  for (let round = 0; round <= options.rounds; round += 1) {
    const order = round % 2 === 0 ? KINDS : KINDS.toReversed();
    const halves: PerKind<Spent[]> = { bare: [], llmCall: [], driven: [] };
    for (const kind of [...order, ...order.toReversed()]) {
      halves[kind].push(await runHalf(env, callers.answered[kind], options));
    }
    const blocks = { bare: blockOf(halves.bare), llmCall: blockOf(halves.llmCall), driven: blockOf(halves.driven) };
    if (round > 0) for (const kind of KINDS) results[kind].push(blocks[kind]);
    const rates = KINDS.map((kind) => `${kind} ${blocks[kind].callsPerSecond.toFixed(1)}/s`);
    options.report(`${round === 0 ? 'warm-up' : `round ${round} of ${options.rounds}`}: ${rates.join(', ')}`);
  }
  return results;
}

/** What half of a round took. */
interface Spent {
  readonly calls: number;
  readonly tookMs: number;
  readonly cpuMs: Block['cpuMs'];
}

async function runHalf(
  env: Environment,
  makeCall: () => Promise<unknown>,
  { calls: callsOfRound, concurrency, signal }: RoundsOptions,
): Promise<Spent> {
  const calls = Math.ceil(callsOfRound / 2);
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
    calls,
    tookMs,
    cpuMs: {
      server: difference(before.server, after.server),
      worker: difference(before.worker, after.worker),
      client: after.client - before.client,
    },
  };
}

function blockOf(halves: readonly Spent[]): Block {
  const total = (value: (half: Spent) => number) => halves.reduce((sum, half) => sum + value(half), 0);
  const calls = total((half) => half.calls);
  const perCall = (process: 'server' | 'worker') =>
    halves.some(({ cpuMs }) => cpuMs[process] === null) ? null : total(({ cpuMs }) => cpuMs[process] ?? 0) / calls;
  return {
    callsPerSecond: calls / (total(({ tookMs }) => tookMs) / 1000),
    cpuMs: { server: perCall('server'), worker: perCall('worker'), client: total(({ cpuMs }) => cpuMs.client) / calls },
  };
}

function difference(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}

async function cpuTimes({ serverPid, workerPid }: Environment) {
  const [server, worker] = await Promise.all([cpuTimeMs(serverPid), cpuTimeMs(workerPid)]);
  const { user, system } = process.cpuUsage();
  return { server, worker, client: (user + system) / 1000 };
}

/** How long single calls take, in milliseconds, the kinds in turns. */
export async function runSingleCalls(
  callers: Callers,
  { count, signal }: { count: number; signal: AbortSignal },
): Promise<PerKind<number[]>> {
  const tookMs: PerKind<number[]> = { bare: [], llmCall: [], driven: [] };
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
