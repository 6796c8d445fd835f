import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastClient } from '../../src/client.js';
import { freePort } from '../../src/dev-server/ports.js';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { isObject, lastUserText } from '../../src/mock-provider/prompt.js';
import { configText } from '../helpers/holdfast.js';
import { askOnce, askUntilAnswered, type GatewayUrls } from './ask.js';
import { startBatch, type BatchUnderTest } from './batch-under-test.js';
import { executionsAtTheEnd } from './executions.js';
import { leaksIn } from './leaks.js';
import {
  CALL_TIMEOUT_SECONDS,
  callsOf,
  CONFIG,
  PROVIDER_LATENCY_MS,
  rowsOf,
  scriptOf,
  SECRETS,
  type PlannedCall,
} from './load.js';
import { cliUnderTest, serverUnderTest, type ProcessUnderTest } from './process-under-test.js';
import type { CallRecord, Disturbance, RunRecord, UpstreamRecord } from './record.js';
import { faultsOf, type Fault, type ProcessName } from './schedule.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly lengthMs: number;
  /** Path of the Temporal CLI. */
  readonly cli: string;
  /** For everything that processes write; an empty one. */
  readonly folder: string;
  /** For the batch: a small disk of its own, which is filled; null: none may be mounted, and no disk is full. */
  readonly disk: string | null;
  readonly atTheEnd: (task: () => Promise<unknown>) => void;
  readonly report: (line: string) => void;
}

/** How long after the last fault everything may take to come to its end. */
const SETTLE_MS = (CALL_TIMEOUT_SECONDS + 30) * 1000;

/** Runs the load under the faults, to its end, and returns what was seen. */
export async function runChaos(options: ChaosOptions): Promise<RunRecord> {
  const { seed, lengthMs, folder, report } = options;
  const stage = await openStage(options);
  const [calls, rows] = [callsOf(seed, lengthMs), rowsOf(seed, lengthMs)];
  const batchFolder = options.disk ?? join(folder, 'batch');
  const batch = await startBatch(stage.client, batchFolder, rows);
  report(`${calls.length} calls and a batch of ${rows.length} rows begin`);

  const giveUpMs = Date.now() + lengthMs + SETTLE_MS;
  const faults = inflict(faultsOf(seed, lengthMs), stage.processes, options.disk === null ? null : batch, report);
  const ended = batch.endedBy(giveUpMs);
  const askInTime = async (call: PlannedCall) => {
    await sleep(call.atMs);
    return askUntilAnswered(call, stage.urls, giveUpMs);
  };
  const asked = await Promise.all(calls.map(askInTime));
  const disturbances = await faults;
  report('all calls are through');
  const batchEnd = await ended;
  report(`the batch: ${batchEnd}`);

  const records: CallRecord[] = [];
  for (const [index, call] of calls.entries()) records.push(await recordOf(call, asked[index] ?? [], stage.urls));
  const executions = await executionsAtTheEnd(stage.address, giveUpMs);
  const deaths = [...Object.values(stage.processes).flatMap((each) => each.deaths), ...(await unwell(stage.urls))];
  const upstream = upstreamOf(stage.provider);
  const lines = await batch.lines();
  await stage.end();
  const places = options.disk === null ? [folder] : [folder, options.disk];
  const leaks = (await Promise.all(places.map((place) => leaksIn(place, SECRETS)))).flat();
  return { calls: records, executions, rows, lines, batch: batchEnd, upstream, disturbances, deaths, leaks };
}

interface Stage {
  readonly address: string;
  readonly processes: Readonly<Record<ProcessName, ProcessUnderTest>>;
  readonly urls: GatewayUrls;
  readonly provider: MockProvider;
  readonly client: HoldfastClient;
  end(): Promise<void>;
}

async function openStage({ seed, cli, folder, atTheEnd }: ChaosOptions): Promise<Stage> {
  const [port, servePort, gatewayPort] = [await freePort(), await freePort(), await freePort()];
  const address = `127.0.0.1:${port}`;
  const logFile = (name: string) => join(folder, `${name}.log`);
  const started: { end(): Promise<void> }[] = [];
  const tracked = async (starting: Promise<ProcessUnderTest>): Promise<ProcessUnderTest> => {
    const one = await starting;
    started.unshift(one);
    atTheEnd(() => one.end());
    return one;
  };
  const dbFile = join(folder, 'temporal.db');
  const server = await tracked(serverUnderTest({ cli, port, headless: true, dbFile, logFile: logFile('server') }));
  const provider = await startMockProvider({ script: scriptOf(seed), latencyMs: PROVIDER_LATENCY_MS });
  atTheEnd(() => provider.close());
  const configFile = join(folder, 'holdfast.yaml');
  await writeFile(configFile, configText(CONFIG, provider.url));
  const env = { LOG_LEVEL: 'debug', CHAOS_PROVIDER_KEY: SECRETS.provider, CHAOS_GATEWAY_KEY: SECRETS.gateway };
  const command = (name: Exclude<ProcessName, 'server'>, ...args: string[]) =>
    tracked(
      cliUnderTest({
        name,
        args: ['--config', configFile, '--address', address, ...args],
        env,
        logFile: logFile(name),
      }),
    );
  const [serve, worker, gateway] = await Promise.all([
    command('serve', '--port', String(servePort)),
    command('worker'),
    command('gateway', '--port', String(gatewayPort)),
  ]);
  const client = await HoldfastClient.connect({ address });
  atTheEnd(() => client.close());
  return {
    address,
    processes: { server, serve, worker, gateway },
    urls: { serve: `http://127.0.0.1:${servePort}`, gateway: `http://127.0.0.1:${gatewayPort}` },
    provider,
    client,
    end: async () => {
      for (const one of started) await one.end();
    },
  };
}

/** Does what the schedule says. Faults of one process wait for each other, those of different ones do not. */
async function inflict(
  faults: readonly Fault[],
  processes: Stage['processes'],
  batch: BatchUnderTest | null,
  report: (line: string) => void,
): Promise<Disturbance[]> {
  const startMs = Date.now();
  const disturbances: Disturbance[] = [];
  const busy = new Map<Fault['target'], Promise<void>>();
  const inflictOne = async (fault: Fault, before: Promise<void> | undefined): Promise<void> => {
    await before;
    const begunMs = Date.now();
    await act(fault, processes, batch);
    const endMs = Date.now();
    disturbances.push({ target: fault.target, startMs: begunMs, endMs });
    const at = ((begunMs - startMs) / 1000).toFixed(1);
    report(
      `${at.padStart(7)} s  ${fault.what} ${fault.target}, itself again after ${((endMs - begunMs) / 1000).toFixed(1)} s`,
    );
  };
  for (const fault of faults) {
    await sleep(Math.max(0, startMs + fault.atMs - Date.now()));
    busy.set(fault.target, inflictOne(fault, busy.get(fault.target)));
  }
  await Promise.all(busy.values());
  return disturbances;
}

async function act(
  { what, target, forMs }: Fault,
  processes: Stage['processes'],
  batch: BatchUnderTest | null,
): Promise<void> {
  if (target === 'disk') await batch?.fillDisk(forMs);
  else await processes[target][what === 'kill' ? 'kill' : 'freeze'](forMs);
}

/** By its key, the answer is had from the other gateway, too. */
async function recordOf(call: PlannedCall, asked: CallRecord['asked'], urls: GatewayUrls): Promise<CallRecord> {
  const other = call.gateway === 'serve' ? 'gateway' : 'serve';
  const again = call.key === null ? null : await askOnce(call, urls, other);
  return { prompt: call.prompt, isKeyed: call.key !== null, isStream: call.stream, asked, again };
}

async function unwell(urls: GatewayUrls): Promise<string[]> {
  const states = Object.entries(urls).map(async ([name, url]) => {
    const response = await fetch(`${url}/health/readiness`).catch(String);
    if (typeof response === 'string') return [`${name} cannot be reached at the end: ${response}`];
    return response.ok ? [] : [`${name} is not ready at the end: ${response.status} ${await response.text()}`];
  });
  return (await Promise.all(states)).flat();
}

function upstreamOf({ requests }: MockProvider): UpstreamRecord[] {
  return requests.flatMap(({ body, receivedAt, finishedAt, abortedAt }) =>
    isObject(body)
      ? [{ prompt: lastUserText(body), startMs: receivedAt, endMs: finishedAt ?? abortedAt ?? Date.now() }]
      : [],
  );
}
