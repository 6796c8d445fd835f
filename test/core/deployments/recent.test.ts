import { describe, expect, test } from 'vitest';
import {
  joinCounts,
  RecentAttempts,
  type EndedAttempt,
  type RecentCounts,
} from '../../../src/core/deployments/recent.js';
import { NOW_MS } from '../build.js';

const answered = (durationMs: number) => ({ durationMs, tokens: 10, error: null });
const failed = { durationMs: 50, tokens: 0, error: { kind: 'RateLimitError', status: 429, message: 'slow' } } as const;

/** Attempts that have ended, by milliseconds since the test began. */
function recent(...ends: [afterMs: number, ended: EndedAttempt][]): RecentAttempts {
  const attempts = new RecentAttempts();
  for (const [afterMs, ended] of ends) attempts.ended(ended, NOW_MS + afterMs);
  return attempts;
}

describe('the attempts of the last minutes', () => {
  test('are counted, with the median of what answers took', () => {
    const attempts = recent([0, answered(100)], [0, answered(300)], [0, answered(200)], [0, failed]);
    expect(attempts.counts(NOW_MS)).toEqual({ answered: 3, failed: 1, p50Ms: 200, tokens: 30 });
    expect(attempts.lastError).toEqual({ ...failed.error, atMs: NOW_MS });
    expect(attempts.counts(NOW_MS + 60_000)).toMatchObject({ answered: 3, tokens: 0 });
    expect(attempts.counts(NOW_MS + 300_000)).toEqual({ answered: 0, failed: 0, p50Ms: null, tokens: 0 });
  });

  test('keep the last error, whatever was answered since', () => {
    const attempts = recent([0, failed], [1_000, answered(1)]);
    expect(attempts.lastError).toEqual({ ...failed.error, atMs: NOW_MS });
  });

  test('have the tokens of a minute, however long it goes on', () => {
    const ends = Array.from({ length: 1_000 }, (_, index): [number, EndedAttempt] => [index * 100, answered(1)]);
    expect(recent(...ends).counts(NOW_MS + 99_900)).toMatchObject({ answered: 250, tokens: 6_000 });
  });

  test('are no more than can be kept', () => {
    const ends = Array.from({ length: 300 }, (): [number, EndedAttempt] => [0, answered(1)]);
    expect(recent([0, failed], ...ends).counts(NOW_MS)).toMatchObject({ answered: 250, failed: 0, tokens: 3_000 });
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
