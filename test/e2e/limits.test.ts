import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { CallHandle } from '../../src/client.js';
import type { RecordedRequest } from '../../src/mock-provider/index.js';
import { connectedTo, runCli } from '../cli/run-cli.js';
import { configText, group } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStage, type Stage } from './environment.js';

/** By its key the provider tells one worker from the other. */
const KEYS = ['sk-worker-one-0123456789', 'sk-worker-two-0123456789'] as const;
const [ONE, TWO] = KEYS;

const limitedBy = (limits: { rpm?: number; max_parallel_requests?: number | string }) => ({
  model_list: group('narrow', [{ model: 'openai/narrow-up', api_key: 'os.environ/WORKER_KEY', ...limits }]),
});
const configOf = (maxParallelRequests: number) => limitedBy({ max_parallel_requests: maxParallelRequests });

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(configOf(1), { 'narrow-up': 'slow(0.3)' });
});
beforeEach(() => stage.clear());
afterAll(() => stage.close());

const setConfig = (config: unknown): Promise<void> =>
  writeFile(join(stage.folder, 'holdfast.yaml'), configText(config, stage.provider.url));
const setLimit = (most: number): Promise<void> => setConfig(configOf(most));

const start = (count: number): Promise<CallHandle[]> =>
  Promise.all(
    Array.from({ length: count }, () =>
      stage.client.start({ model: 'narrow', messages: [{ role: 'user', content: 'hi' }] }),
    ),
  );

const results = (calls: readonly CallHandle[]) => Promise.all(calls.map((call) => call.result()));

/** So that enough of them wait, however long a condition takes. */
async function keepWaiting(calls: CallHandle[], least = 24): Promise<void> {
  const waiting = calls.length - asked().length;
  if (waiting < least) calls.push(...(await start(least - waiting)));
}

const asked = (key = ''): RecordedRequest[] =>
  stage.provider.requestsFor('narrow-up').filter(({ headers }) => headers.authorization?.includes(key));

/** The most of these requests that were under way at one time. */
function mostAtOnce(requests: readonly RecordedRequest[]): number {
  const spans = requests.map(({ receivedAt, finishedAt = Infinity }) => [receivedAt, finishedAt] as const);
  return Math.max(0, ...spans.map(([at]) => spans.filter(([from, to]) => from <= at && to > at).length));
}

// A board that is late is not waited for.
test('a limit of the config that changes while calls wait is followed by all workers', TIMED, async () => {
  await setLimit(1);
  const workers = await Promise.all(KEYS.map((key) => stage.startWorker([], { WORKER_KEY: key })));
  const readAgain = (times: number) =>
    Promise.all(workers.map((worker) => worker.said(new RegExp(`(is in force since[^]*){${times}}`))));
  const calls = await start(12);
  await waitFor(() => asked().length >= 3, { what: 'some calls to be asked, one after another' });
  expect(mostAtOnce(asked())).toBe(1);

  await setLimit(6);
  await readAgain(1);
  calls.push(...(await start(16)));
  await waitFor(() => KEYS.every((key) => mostAtOnce(asked(key)) > 1), {
    what: 'both workers to use the higher limit',
  });
  expect(mostAtOnce(asked())).toBeLessThanOrEqual(6);

  await setLimit(2);
  await readAgain(2);
  await results(calls);
  const before = asked().length;
  await results(await start(8));
  const last = asked().slice(before);
  expect(last).toHaveLength(8);
  expect(mostAtOnce(last)).toBeLessThanOrEqual(2);
});

test('a rate of the config that changes while calls wait is followed by all workers', TIMED, async () => {
  await stage.clear();
  await setConfig(limitedBy({ rpm: 1 }));
  const workers = await Promise.all(KEYS.map((key) => stage.startWorker([], { WORKER_KEY: key })));
  const calls = await start(24);
  const isTold = async (call: CallHandle) => (await call.inspect()).now.includes('a slot of narrow#');
  // One for each worker may be made before the shares of a lower limit are split.
  const areTold = async (of: readonly CallHandle[]) =>
    (await Promise.all(of.map(isTold))).filter(Boolean).length >= of.length - KEYS.length;
  await waitFor(() => areTold(calls), { what: 'calls to be told turns, the last one in 23 minutes' });

  await setConfig(limitedBy({ rpm: 1_200 }));
  await Promise.all(workers.map((worker) => worker.said(/is in force since/)));
  const told = ['retry-now', '--retrying', 'narrow', '--why', 'the new limit', '--yes'];
  expect(await runCli(connectedTo(stage.taskQueue, told))).toMatchObject({ code: 0 });
  await results(calls);

  await setConfig(limitedBy({ rpm: 1 }));
  await Promise.all(workers.map((worker) => worker.said(/(is in force since[^]*){2}/)));
  const later = await start(4);
  await waitFor(() => areTold(later), { what: 'those that come then to wait' });
  expect(asked().length).toBeLessThanOrEqual(calls.length + KEYS.length);
});

// Variables are those of each worker's own start: a config of before stays as it was.
test('workers whose configs have different limits, as in a rolling deploy, each have a part', TIMED, async () => {
  await stage.clear();
  await setConfig(limitedBy({ max_parallel_requests: 'os.environ/WORKER_LIMIT' }));
  const [old, next] = [2, 8];
  await stage.startWorker([], { WORKER_KEY: ONE, WORKER_LIMIT: `${old}` });
  await stage.startWorker([], { WORKER_KEY: TWO, WORKER_LIMIT: `${next}` });
  const calls: CallHandle[] = [];
  const bothGoOn = async () => {
    await keepWaiting(calls);
    const whenShared = asked(TWO).at(10)?.receivedAt ?? Infinity;
    return asked(ONE).filter(({ receivedAt }) => receivedAt > whenShared).length > 2;
  };
  await waitFor(bothGoOn, { what: 'the worker with the lower limit to go on beside the other one' });
  expect(mostAtOnce(asked())).toBeLessThanOrEqual(next);
  expect(mostAtOnce(asked(ONE))).toBeLessThanOrEqual(old);
});

/** A worker that was heard of this long ago has nothing any more, and knows it. */
const LONGER_THAN_A_LEASE_MS = 7_000;

test(
  'what a frozen worker had of a limit is the others’ meanwhile, and all calls are answered when it goes on',
  TIMED,
  async () => {
    vi.stubEnv('WORKER_KEY', TWO);
    onTestFinished(() => void vi.unstubAllEnvs());
    await setLimit(4);
    const frozen = await stage.startWorker([], { WORKER_KEY: ONE });
    await stage.workHere();
    const calls: CallHandle[] = [];
    const bothHavePart = async () => {
      await keepWaiting(calls);
      return KEYS.every((key) => asked(key).length > 1);
    };
    await waitFor(bothHavePart, { what: 'both workers to have a part of the limit' });
    const { pid } = frozen.process;
    process.kill(pid!, 'SIGSTOP');
    const before = asked(TWO).length;
    const frozenMs = Date.now();
    const otherHasWhole = async () => {
      await keepWaiting(calls);
      return Date.now() - frozenMs > LONGER_THAN_A_LEASE_MS && mostAtOnce(asked(TWO).slice(before)) === 4;
    };
    await waitFor(otherHasWhole, { what: 'the other worker to have the whole limit' });
    process.kill(pid!, 'SIGCONT');
    await results(calls);
    expect(mostAtOnce(asked())).toBeLessThanOrEqual(4);
  },
);
