import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { startProgress } from '../../src/core/retries/progress.js';
import type { Standing } from '../../src/providers/shared-board.js';
import { AttemptMetrics } from '../../src/metrics/attempt-metrics.js';

const routing = (ids: readonly string[]) => {
  const fast = ids.map((id) => ({ id, model: `${id}-up`, weight: 1 }));
  return { hash: '', groups: { fast }, aliases: {}, router: {}, litellm: {} };
};

/** @param standings - how each deployment of the group stands */
function open(standings: Readonly<Record<string, Standing>> = {}) {
  const registry = new Registry();
  let nowMs = 1000;
  const standing = (id: string): Standing => standings[id] ?? { state: 'closed', share: {} };
  const metrics = new AttemptMetrics({
    registry,
    routing: routing(Object.keys(standings)),
    standing,
    isBoardReached: () => nowMs < 60_000,
    now: () => nowMs,
  });
  const lines = async (name: string) =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return { metrics, lines, goTo: (ms: number) => (nowMs = ms) };
}

const call = { callId: 'a', runId: '1', group: 'fast' };

test('whether the board of the providers answers', async () => {
  const { lines, goTo } = open();
  expect(await lines('holdfast_board_reached')).toEqual(['holdfast_board_reached 1']);
  goTo(60_000);
  expect(await lines('holdfast_board_reached')).toEqual(['holdfast_board_reached 0']);
});

test('calls that wait, and the oldest of them, are told of one look, and of each look anew', async () => {
  const { metrics, lines, goTo } = open();
  metrics.waits(call, startProgress('fast'), { reason: 'limit', untilMs: 20_000 });
  goTo(3000);
  expect(await lines('holdfast_calls_waiting')).toEqual(['holdfast_calls_waiting{group="fast",reason="limit"} 1']);
  expect(await lines('holdfast_oldest_wait_seconds')).toEqual([
    'holdfast_oldest_wait_seconds{group="fast",reason="limit"} 2',
  ]);
  metrics.began(call, { id: 'one' });
  expect(await lines('holdfast_calls_waiting')).toEqual([]);
  expect(await lines('holdfast_oldest_wait_seconds')).toEqual([]);
});

test('rows of batches are counted by how they stand', async () => {
  const { metrics, lines } = open();
  for (const state of ['answered', 'answered', 'attempted', 'failed'] as const) metrics.row(state);
  expect(await lines('holdfast_batch_rows_total')).toEqual([
    'holdfast_batch_rows_total{state="answered"} 2',
    'holdfast_batch_rows_total{state="attempted"} 1',
    'holdfast_batch_rows_total{state="failed"} 1',
  ]);
});

test('deployments are told of by their circuits and what this worker has of their limits', async () => {
  const { lines } = open({
    well: { state: 'closed', share: { rpm: 200, tpm: 9_000, maxParallelRequests: 7 } },
    cold: { state: 'cooling', share: {} },
    kept: { state: 'held', share: {} },
  });
  const of = (id: string) => `requested_model="fast",model_id="${id}",litellm_model_name="${id}-up"`;
  expect(await lines('holdfast_circuit_state')).toEqual([
    `holdfast_circuit_state{${of('well')}} 0`,
    `holdfast_circuit_state{${of('cold')}} 4`,
    `holdfast_circuit_state{${of('kept')}} 5`,
  ]);
  expect(await lines('litellm_deployment_state')).toEqual([
    `litellm_deployment_state{${of('well')}} 0`,
    `litellm_deployment_state{${of('cold')}} 2`,
    `litellm_deployment_state{${of('kept')}} 0`,
  ]);
  expect(await lines('holdfast_limit_share')).toEqual([
    `holdfast_limit_share{${of('well')},limit="rpm"} 200`,
    `holdfast_limit_share{${of('well')},limit="tpm"} 9000`,
    `holdfast_limit_share{${of('well')},limit="max_parallel_requests"} 7`,
  ]);
});
