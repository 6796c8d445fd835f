import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { CallHandle } from '../../src/client.js';
import type { RecordedRequest } from '../../src/mock-provider/index.js';
import { configText, group } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStage, type Stage } from './environment.js';

/** By its key the provider tells one worker from the other. */
const KEYS = ['sk-worker-one-0123456789', 'sk-worker-two-0123456789'] as const;
const [ONE, TWO] = KEYS;

const configOf = (maxParallelRequests: number) => ({
  model_list: group('narrow', [
    { model: 'openai/narrow-up', api_key: 'os.environ/WORKER_KEY', max_parallel_requests: maxParallelRequests },
  ]),
});

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(configOf(1), { 'narrow-up': 'slow(0.3)' });
});
beforeEach(() => stage.clear());
afterAll(() => stage.close());

const setLimit = (most: number): Promise<void> =>
  writeFile(join(stage.folder, 'holdfast.yaml'), configText(configOf(most), stage.provider.url));

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
    Promise.all(workers.map((worker) => worker.said(new RegExp(`(was read again[^]*){${times}}`))));
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
