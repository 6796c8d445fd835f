import { tsToMs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BOARD_REPORT, PROVIDER_BOARD, PROVIDERS, providerBoardId } from '../../src/core/deployments/board-messages.js';
import type { BoardStatus } from '../../src/core/deployments/board-status.js';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { BOARD_OF_WORKFLOW } from '../helpers/own-board.js';
import { openTemporal, type TestTemporal } from '../helpers/temporal.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [
    ...group('paced', [{ model: 'openai/paced-up', rpm: 120 }]),
    ...group('narrow', [{ model: 'openai/narrow-up', max_parallel_requests: 3 }]),
    ...group('pair', [{ model: 'openai/limited-up' }, { model: 'openai/well-up' }]),
  ],
};
const request = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'hi' }], num_retries: 0 });

let holdfast: TestHoldfast;
let temporal: TestTemporal;
beforeAll(async () => {
  holdfast = await openHoldfast(
    CONFIG,
    { 'narrow-up': 'slow(0.4)', 'limited-up': '429(retry-after=60)x9,ok' },
    BOARD_OF_WORKFLOW,
  );
  await holdfast.addWorker(CONFIG);
  await holdfast.addWorker(CONFIG);
  temporal = await openTemporal();
});
afterAll(async () => {
  await holdfast.close();
  await temporal.close();
});

const board = () => temporal.client.workflow.getHandle(providerBoardId(holdfast.taskQueue));

/** The most requests that were under way at one time. */
function mostAtOnce(model: string): number {
  const asked = holdfast.provider.requestsFor(model);
  const ends = asked.map(({ receivedAt, finishedAt }) => [receivedAt, finishedAt ?? Infinity] as const);
  return Math.max(...ends.map(([at]) => ends.filter(([from, to]) => from <= at && to > at).length));
}

// A board that is late is not waited for.
test('max_parallel_requests hold over three workers together, and all calls are answered', TIMED, async () => {
  holdfast.provider.reset();
  const calls = await Promise.all(Array.from({ length: 24 }, () => holdfast.client.start(request('narrow'))));
  await Promise.all(calls.map((call) => call.result()));
  expect(holdfast.provider.callCount('narrow-up')).toBe(24);
  expect(mostAtOnce('narrow-up')).toBeLessThanOrEqual(3);
});

test('rpm holds over three workers together', TIMED, async () => {
  holdfast.provider.reset();
  const calls = await Promise.all(Array.from({ length: 30 }, () => holdfast.client.start(request('paced'))));
  await Promise.all(calls.map((call) => call.result()));
  const times = holdfast.provider.requestsFor('paced-up').map(({ receivedAt }) => receivedAt);
  expect(times).toHaveLength(30);
  // At once as many as one worker may, then two a second.
  const afterFirst = times.filter((at) => at > Math.min(...times) + 1_000);
  expect(afterFirst.length).toBeGreaterThanOrEqual(30 - 12 - 3);
});

test('the board shows each deployment as all workers see it', async () => {
  holdfast.provider.reset();
  const call = { ...request('pair'), num_retries: 2 };
  let shown: BoardStatus['deployments'] = [];
  await waitFor(async () => {
    await holdfast.client.execute(call);
    // A busy server refuses a query at times.
    shown = await board()
      .query<BoardStatus>(PROVIDERS)
      .then(({ deployments }) => deployments)
      .catch(() => []);
    return shown.some(({ group: of, state }) => of === 'pair' && state === 'cooling');
  });
  expect(shown).toContainEqual(
    expect.objectContaining({
      group: 'pair',
      provider: 'openai',
      host: new URL(holdfast.provider.url).host,
      state: 'cooling',
      until: expect.any(String),
      lastError: expect.objectContaining({ kind: 'RateLimitError', status: 429 }),
    }),
  );
});

test('the board is a workflow of the task queue whose tasks go first, and takes nothing that is no report', async () => {
  const { type, priority, raw } = await board().describe();
  expect({ type, priority }).toMatchObject({ type: 'providerBoard', priority: { priorityKey: 1 } });
  // A worker that is frozen has one of them no longer than a report waits.
  expect(tsToMs(raw.executionConfig?.defaultWorkflowTaskTimeout)).toBe(4_000);
  await expect(board().executeUpdate(BOARD_REPORT, { args: [{ worker: 1 }] })).rejects.toThrow();
});

test('when the board is ended, the next report begins another', async () => {
  await board().terminate();
  await waitFor(async () => {
    await holdfast.client.execute(request('narrow'));
    return (await board().describe()).status.name === 'RUNNING';
  });
});

test.each([
  ['many reports', {}, 8],
  ['reports that say much', { ['x'.repeat(500_000)]: 1 }, 1],
])('after %s a board goes on in a new history with what all have', async (name, filler, atOnce) => {
  const taskQueue = `${holdfast.taskQueue} ${name}`;
  const worker = await temporal.createWorker({ taskQueue });
  await worker.runUntil(async () => {
    const workflowId = providerBoardId(taskQueue);
    const { firstExecutionRunId } = await temporal.client.workflow.start(PROVIDER_BOARD, { workflowId, taskQueue });
    const handle = temporal.client.workflow.getHandle(workflowId);
    const use = { limits: { rpm: 600 }, keeps: {}, sent: 0, inFlight: 0, due: 0 };
    const report = (worker: string, more: object = {}) => {
      const limits = { ...use.limits, ...more };
      return handle.executeUpdate(BOARD_REPORT, { args: [{ worker, deployments: { a: { ...use, limits } } }] });
    };
    await waitFor(async () => {
      // Temporal takes ten at a time.
      await Promise.all(Array.from({ length: atOnce }, () => report('w1', filler)));
      return (await handle.describe()).runId !== firstExecutionRunId;
    });
    await report('w1');
    expect(await report('w2')).toMatchObject({ a: { share: { rpm: 0 }, others: { count: 1 } } });
  });
});
