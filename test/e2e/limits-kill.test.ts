import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallHandle } from '../../src/client.js';
import type { RecordedRequest } from '../../src/mock-provider/index.js';
import { group } from '../helpers/holdfast.js';
import { skipWithout } from '../helpers/requirements.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStageWithServer, type StageWithServer } from './environment.js';

/** By its key the provider tells one worker from the other. */
const KEYS = ['sk-worker-one-0123456789', 'sk-worker-two-0123456789'] as const;
const [ONE, TWO] = KEYS;
const LIMIT = 4;
const CONFIG = {
  model_list: group('narrow', [
    { model: 'openai/narrow-up', api_key: 'os.environ/WORKER_KEY', max_parallel_requests: LIMIT },
  ]),
};

describe.skipIf(skipWithout('temporal-cli'))('workers share a limit, and are killed, and the server is', TIMED, () => {
  let stage: StageWithServer;
  beforeAll(async () => {
    stage = await openStageWithServer(CONFIG, { 'narrow-up': 'slow(0.3)' });
  });
  afterAll(() => stage.close());

  const start = (count: number): Promise<CallHandle[]> =>
    Promise.all(
      Array.from({ length: count }, () =>
        stage.client.start({ model: 'narrow', messages: [{ role: 'user', content: 'hi' }] }),
      ),
    );
  const asked = (key = ''): RecordedRequest[] =>
    stage.provider.requestsFor('narrow-up').filter(({ headers }) => headers.authorization?.includes(key));
  const startWorker = (key: string) => stage.startWorker([], { WORKER_KEY: key });

  /** So that enough of them wait, however long a condition takes. */
  async function keepWaiting(calls: CallHandle[]): Promise<void> {
    const waiting = calls.length - asked().length;
    if (waiting < 24) calls.push(...(await start(24 - waiting)));
  }

  /** The most of these that were under way at one time; what was cut ended then. */
  function mostAtOnce(requests: readonly RecordedRequest[]): number {
    const spans = requests.map(({ receivedAt, finishedAt, abortedAt }) => [
      receivedAt,
      finishedAt ?? abortedAt ?? Infinity,
    ]);
    return Math.max(0, ...spans.map(([at]) => spans.filter(([from, to]) => from! <= at! && to! > at!).length));
  }

  test('each call is answered, and never are more under way than the limit', async () => {
    const [first] = await Promise.all(KEYS.map(startWorker));
    const calls: CallHandle[] = [];
    const bothHavePart = async () => {
      await keepWaiting(calls);
      return KEYS.every((key) => asked(key).length > 2);
    };
    await waitFor(bothHavePart, { what: 'both workers to have a part of the limit' });

    await first!.kill();
    const before = asked(TWO).length;
    const otherHasWhole = async () => {
      await keepWaiting(calls);
      return mostAtOnce(asked(TWO).slice(before)) === LIMIT;
    };
    await waitFor(otherHasWhole, { what: 'the other worker to have the whole limit' });

    await stage.server().kill();
    await stage.restartServer();
    await startWorker(ONE);
    const ofFirst = asked(ONE).length;
    const againBoth = async () => {
      await keepWaiting(calls);
      return asked(ONE).length > ofFirst;
    };
    await waitFor(againBoth, { what: 'a worker that has come since to have a part' });
    await Promise.all(calls.map((call) => call.result()));
    expect(mostAtOnce(asked())).toBeLessThanOrEqual(LIMIT);
  });

  test('a hold outlives the workers and the server', async () => {
    await stage.clear();
    const worker = await startWorker(ONE);
    await stage.client.hold('narrow', { why: 'the bill', by: 'ann' });
    await worker.kill();
    await stage.server().kill();
    await stage.restartServer();
    const before = asked().length;
    const [call] = await start(1);
    await startWorker(TWO);
    await waitFor(async () => ((await call!.inspect()).pending?.lastFailure ?? '').includes('held by ann: the bill'), {
      what: 'the call to be held',
    });
    expect(asked()).toHaveLength(before);
    await stage.client.release('narrow');
    expect((await call!.result()).report.ledger.entries).toMatchObject([
      { outcome: 'note', message: expect.stringContaining('held by ann: the bill') },
      { outcome: 'answered' },
    ]);
  });
});
