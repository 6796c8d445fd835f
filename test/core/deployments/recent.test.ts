import { describe, expect, test } from 'vitest';
import {
  joinCounts,
  NO_ATTEMPTS,
  recentCounts,
  withEnded,
  type RecentCounts,
} from '../../../src/core/deployments/recent.js';
import { NOW_MS } from '../build.js';

const answered = (durationMs: number) => ({ durationMs, tokens: 10, error: null });
const failed = { durationMs: 50, tokens: 0, error: { kind: 'RateLimitError', status: 429, message: 'slow' } } as const;

describe('the attempts of the last minutes', () => {
  test('are counted, with the median of what answers took', () => {
    const ends = [answered(100), answered(300), answered(200), failed];
    const recent = ends.reduce((before, end) => withEnded(before, end, NOW_MS), NO_ATTEMPTS);
    expect(recentCounts(recent, NOW_MS)).toEqual({ answered: 3, failed: 1, p50Ms: 200, tokens: 30 });
    expect(recent.lastError).toEqual({ ...failed.error, atMs: NOW_MS });
    expect(recentCounts(recent, NOW_MS + 60_000)).toMatchObject({ answered: 3, tokens: 0 });
    expect(recentCounts(recent, NOW_MS + 300_000)).toEqual({ answered: 0, failed: 0, p50Ms: null, tokens: 0 });
  });

  test('keep the last error, whatever was answered since', () => {
    const recent = withEnded(withEnded(NO_ATTEMPTS, failed, NOW_MS), answered(1), NOW_MS + 1_000);
    expect(recent.lastError).toEqual({ ...failed.error, atMs: NOW_MS });
  });

  test('are no more than can be kept', () => {
    let recent = withEnded(NO_ATTEMPTS, failed, NOW_MS);
    for (let count = 0; count < 300; count++) recent = withEnded(recent, answered(1), NOW_MS);
    expect(recent.outcomes).toHaveLength(250);
  });

  const counts = (set: Partial<RecentCounts>): RecentCounts => ({
    answered: 0,
    failed: 0,
    p50Ms: null,
    tokens: 0,
    ...set,
  });
  test.each<[what: string, of: Partial<RecentCounts>[], p50Ms: number | null]>([
    ['nobody has', [], null],
    ['one has', [{ answered: 3, p50Ms: 100 }], 100],
    ['has answered nothing', [{ failed: 2 }, { failed: 1 }], null],
    [
      'the one with more answers says more',
      [
        { answered: 1, p50Ms: 900 },
        { answered: 9, p50Ms: 100 },
      ],
      100,
    ],
    [
      'the middle one, whoever is told of first',
      [
        { answered: 5, p50Ms: 900 },
        { answered: 5, p50Ms: 100 },
        { answered: 5, p50Ms: 300 },
      ],
      300,
    ],
    ['whoever has none says nothing', [{ failed: 1 }, { answered: 1, p50Ms: 900 }], 900],
  ])('of several workers: %s', (_, of, p50Ms) => {
    expect(joinCounts(of.map(counts)).p50Ms).toBe(p50Ms);
  });
});
