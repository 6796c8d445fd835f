import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { startProgress } from '../../src/core/retries/progress.js';
import { AttemptMetrics } from '../../src/metrics/attempt-metrics.js';

const routing = { hash: '', groups: { fast: [] }, aliases: {}, router: {}, litellm: {} };

function open() {
  const registry = new Registry();
  let nowMs = 1000;
  const metrics = new AttemptMetrics({ registry, routing, cooling: () => new Map(), now: () => nowMs });
  const lines = async (name: string) =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`));
  return { metrics, lines, goTo: (ms: number) => (nowMs = ms) };
}

test('calls that wait, and the oldest of them, are told of one look, and of each look anew', async () => {
  const { metrics, lines, goTo } = open();
  const call = { callId: 'a', runId: '1', group: 'fast' };
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
