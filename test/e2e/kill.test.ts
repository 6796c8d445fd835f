import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CallHandle, ChatCompletionRequest } from '../../src/client.js';
import type { RecordedRequest } from '../../src/mock-provider/index.js';
import { group } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { openStage, type Stage } from './environment.js';

const CONFIG = {
  model_list: [
    ...group('hangs-once'),
    ...group('waits'),
    ...group('moving', ['500', '503']),
    ...group('spare'),
    ...group('slow'),
    ...group('stuck'),
    ...group('narrow', [{ model: 'openai/narrow-up', max_parallel_requests: 3 }]),
  ],
  router_settings: {
    num_retries: 0,
    max_retry_delay: 1,
    // Calls that come late must not find the deployments cooling.
    disable_cooldowns: true,
    retry_policy: { RateLimitErrorRetries: 1 },
    fallbacks: [{ moving: ['spare'] }],
  },
};

const SCRIPT = {
  'hangs-once-up': 'hang,ok',
  'waits-up': '429(retry-after=4),ok',
  'stuck-up': 'hang,ok',
  'spare-up': 'slow(0.3)',
  'slow-up': 'held',
  'narrow-up': 'slow(1)',
};

const ask = (model: string, content = 'Which bird is this?'): ChatCompletionRequest => ({
  model,
  messages: [{ role: 'user', content }],
});

/** So long it would take without a word of the worker that stops. */
const HEARTBEAT_TIMEOUT_MS = 10_000;

const LOST = { outcome: 'lost', message: expect.stringContaining('charged to no budget') };

// A worker that stalls can be lost before it is killed.
describe('workers that are killed or stopped', TIMED, () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(CONFIG, SCRIPT);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  const waiting = async (handle: CallHandle) =>
    waitFor(async () => (await handle.inspect()).pending?.state === 'waiting', { what: 'the call to wait' });
  const inFlight = async (model: string) =>
    waitFor(() => stage.provider.requestsFor(model).find(isOpen), { what: `a request for ${model}` });
  const isOpen = ({ finishedAt, abortedAt }: RecordedRequest) => finishedAt === undefined && abortedAt === undefined;

  test('the worker, during an attempt: the next one makes it again, and no budget is charged', async () => {
    const worker = await stage.startWorker();
    const handle = await stage.client.start(ask('hangs-once'));
    await inFlight('hangs-once-up');
    await worker.kill();
    await stage.workHere();
    const { report } = await handle.result();
    expect(report).toMatchObject({ attempts: 2, retries: 0 });
    expect(report.ledger.entries).toMatchObject([LOST, { attempt: 2, outcome: 'answered' }]);
    expect(stage.provider.callCount('hangs-once-up')).toBe(2);
  });

  test('the worker, while a call waits for its retry: nothing is lost and nothing is asked twice', async () => {
    const worker = await stage.startWorker();
    const handle = await stage.client.start(ask('waits'));
    await waiting(handle);
    await worker.kill();
    await stage.workHere();
    const { report } = await handle.result();
    expect(report.ledger.entries).toMatchObject([
      { attempt: 1, kind: 'RateLimitError', next: { action: 'retry' } },
      { attempt: 2, outcome: 'answered' },
    ]);
    expect(report).toMatchObject({ attempts: 2, retries: 1 });
    const [first, second] = stage.provider.requestsFor('waits-up');
    expect(second!.receivedAt - first!.receivedAt).toBeGreaterThanOrEqual(4000);
    expect(stage.provider.callCount('waits-up')).toBe(2);
  });

  test('the worker, while 20 calls are anywhere on their way from one group to the next', async () => {
    const worker = await stage.startWorker();
    const handles = await Promise.all(
      Array.from({ length: 20 }, (_value, index) => stage.client.start(ask('moving', `call ${index}`))),
    );
    await waitFor(() => stage.provider.callCount('500') + stage.provider.callCount('503') >= 5);
    await worker.kill();
    // Beside the test, it would have to share a thread with the provider and the client of all of them.
    await stage.startWorker();
    const results = await Promise.all(handles.map((handle) => handle.result()));
    for (const { response, report } of results) {
      expect(response.choices[0]?.message.content).toMatch(/^Echo: call/);
      expect(report).toMatchObject({ group: 'spare', fallbacks: 1, retries: 0 });
      const entries = report.ledger.entries.filter(({ outcome }) => outcome !== 'lost');
      expect(entries).toMatchObject([
        { group: 'moving', outcome: 'failed', next: { action: 'give up' } },
        { group: 'spare', outcome: 'answered' },
      ]);
      expect(report.ledger.entries.length - entries.length).toBeLessThanOrEqual(1);
    }
    const lost = results.flatMap(({ report }) => report.ledger.entries).filter(({ outcome }) => outcome === 'lost');
    const asked =
      stage.provider.callCount('500') + stage.provider.callCount('503') + stage.provider.callCount('spare-up');
    expect(asked).toBeLessThanOrEqual(40 + lost.length);
  });

  test('one of two workers: the other goes on', async () => {
    const first = await stage.startWorker();
    const handle = await stage.client.start(ask('hangs-once'));
    await inFlight('hangs-once-up');
    await stage.workHere();
    await first.kill();
    const { report } = await handle.result();
    expect(report.ledger.entries).toMatchObject([LOST, { outcome: 'answered' }]);
    expect(stage.provider.callCount('hangs-once-up')).toBe(2);
  });

  test('one of two workers that share a limit: the other has it whole, and no call waits for ever', async () => {
    await stage.clear();
    const first = await stage.startWorker();
    await stage.workHere();
    const handles = await Promise.all(
      Array.from({ length: 12 }, (_value, index) => stage.client.start(ask('narrow', `call ${index}`))),
    );
    await waitFor(() => stage.provider.callCount('narrow-up') >= 4, { what: 'both workers to have a share' });
    await first.kill();
    for (const handle of handles) expect((await handle.result()).report).toMatchObject({ retries: 0 });
    const asked = stage.provider.requestsFor('narrow-up');
    const times = asked.map(
      ({ receivedAt, finishedAt, abortedAt }) => [receivedAt, finishedAt ?? abortedAt ?? 0] as const,
    );
    const besides = times.map(([at]) => times.filter(([from, to]) => from <= at && at < to).length);
    expect(Math.max(...besides)).toBeLessThanOrEqual(3);
  });

  test('a call that is cancelled before any worker has it ends as cancelled, and nothing is asked', async () => {
    const handle = await stage.client.start(ask('slow', 'never asked'));
    await handle.cancel();
    await stage.workHere();
    await expect(handle.result()).rejects.toMatchObject({ kind: 'CancelledError' });
    expect(stage.provider.callCount()).toBe(0);
  });

  test('calls that are cancelled anywhere on their way from one group to the next end as cancelled', async () => {
    // No call is over before it is cancelled.
    stage.provider.setScript({ ...SCRIPT, 'spare-up': 'held' });
    await stage.workHere();
    const handles = await Promise.all(
      Array.from({ length: 12 }, (_value, index) => stage.client.start(ask('moving', `cancelled ${index}`))),
    );
    await waitFor(() => stage.provider.callCount() >= 6);
    await Promise.all(handles.map((handle) => handle.cancel()));
    for (const handle of handles) {
      await expect(handle.result()).rejects.toMatchObject({ kind: 'CancelledError' });
      const { ledger, state } = await handle.inspect();
      expect(state).toBe('cancelled');
      expect(ledger.entries.length).toBeLessThanOrEqual(2);
    }
    expect(stage.provider.callCount()).toBeLessThanOrEqual(24);
  });

  test('SIGTERM lets an attempt in flight finish, and the answer is not thrown away', async () => {
    const worker = await stage.startWorker();
    const handle = await stage.client.start(ask('slow', 'drain'));
    await inFlight('slow-up');
    const ended = worker.end('SIGTERM');
    await worker.said('holdfast: stopping; calls in flight have');
    stage.provider.release();
    expect(await ended).toBe(0);
    await stage.workHere();
    const { report } = await handle.result();
    expect(report.ledger.entries).toMatchObject([{ attempt: 1, outcome: 'answered' }]);
    expect(stage.provider.callCount('slow-up')).toBe(1);
  });

  test.each([
    ['after the drain', ['--drain', '1'], ['SIGTERM']],
    ['at once on a second signal', ['--drain', '60'], ['SIGTERM', 'SIGTERM']],
  ] as const)('a stopping worker hands an attempt over %s, uncharged', async (_name, args, signals) => {
    const worker = await stage.startWorker(args);
    const handle = await stage.client.start(ask('stuck', signals.join()));
    const request = await inFlight('stuck-up');
    await stage.workHere();
    const isAborted = () => request.abortedAt !== undefined;
    for (const signal of signals) worker.process.kill(signal);
    await (signals.length > 1 ? worker.signalUntil('SIGTERM', isAborted) : waitFor(isAborted));
    const { report } = await handle.result();
    expect(await worker.ended()).toBe(0);
    expect(report).toMatchObject({ attempts: 2, retries: 0 });
    expect(report.ledger.entries).toMatchObject([
      { outcome: 'interrupted', message: expect.stringContaining('shut down') },
      { outcome: 'answered' },
    ]);
    const next = stage.provider.requestsFor('stuck-up').at(-1)!;
    expect(next.receivedAt - request.abortedAt!).toBeLessThan(HEARTBEAT_TIMEOUT_MS);
  });
});
