import { describe, expect, test } from 'vitest';
import { putBackMs, standIns } from '../../../src/core/deployments/unknown-deployments.js';
import { deployment, groupPlan, NOW_MS } from '../build.js';

describe('an attempt that a worker knows no deployment for is put back', () => {
  test.each([
    ['soon, at first', 0, null, 1_000],
    ['later and later', 10_000, null, 5_000],
    ['never for long', 100_000, null, 10_000],
    ['for 5 minutes', 290_000, null, 10_000],
    ['and no longer', 290_001, null, null],
    ['in the first half of the time that it has', 20_000, 60_000, 10_000],
    ['and not in the second', 20_001, 60_000, null],
    ['not at all, where there is no time', 0, 1_000, null],
  ])('%s: after %i ms', (_, waitedMs, leftMs, waitMs) => {
    const sinceMs = NOW_MS - waitedMs;
    expect(putBackMs(sinceMs, leftMs === null ? null : sinceMs + leftMs, NOW_MS)).toBe(waitMs);
  });
});

describe('deployments that stand in', () => {
  const own = [deployment('b1', { order: 2, weight: 3, numRetries: 9, timeoutMs: 1 })];

  test('have the budgets and the time of those that were planned', () => {
    const planned = groupPlan({ deployments: [deployment('a1', { numRetries: 4, timeoutMs: 7 }), deployment('a2')] });
    expect(standIns(planned, own)).toEqual([
      { id: 'b1', model: 'b1-model', order: 2, weight: 3, numRetries: 4, timeoutMs: 7 },
    ]);
  });

  test('have those of the group, where none was planned', () => {
    expect(standIns(groupPlan({ deployments: [] }), own)).toEqual([
      { id: 'b1', model: 'b1-model', order: 2, weight: 3 },
    ]);
  });
});
