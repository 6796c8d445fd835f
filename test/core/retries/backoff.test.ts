import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asksAnotherAtOnce, waitBeforeRetry, type WaitInput } from '../../../src/core/retries/backoff.js';

const ALMOST_ONE = 1 - 2 ** -53;

function wait(set: Partial<WaitInput>, random = 0.5) {
  return waitBeforeRetry({
    retryNumber: 1,
    retryAfterMs: null,
    leastMs: 0,
    maxRetryDelayMs: 60_000,
    otherDeploymentFresh: false,
    ...set,
    random: () => random,
  });
}

test('full jitter: 0–2, 0–4, 0–8, 0–16, 0–32, then up to max_retry_delay', () => {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 2000];
  expect(numbers.map((retryNumber) => wait({ retryNumber }, ALMOST_ONE).ms)).toEqual([
    2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
  ]);
  expect(numbers.map((retryNumber) => wait({ retryNumber }, 0).ms)).toEqual(numbers.map(() => 0));
});

describe('which wait it is, and why', () => {
  const another = { otherDeploymentFresh: true };
  const cases: [what: string, set: Partial<WaitInput>, ms: number, reason: string][] = [
    ['another deployment is fresh', another, 0, 'another deployment is asked at once'],
    [
      'another deployment is fresh, whatever the header says',
      { ...another, retryAfterMs: 9000 },
      0,
      'another deployment is asked at once',
    ],
    ['another deployment is fresh, but retry_after is set', { ...another, leastMs: 5000 }, 5000, 'retry_after: 5 s'],
    ['a header, spread by up to 10 %', { retryAfterMs: 10_000 }, 10_500, 'the provider asked for 10 s (Retry-After)'],
    [
      'a long header, spread by up to 5 s',
      { retryAfterMs: 100_000 },
      102_500,
      'the provider asked for 100 s (Retry-After)',
    ],
    ['a header of 0', { retryAfterMs: 0 }, 0, 'the provider asked for 0 s (Retry-After)'],
    ['a header shorter than retry_after', { retryAfterMs: 1000, leastMs: 4000 }, 4000, 'retry_after: 4 s'],
    [
      'a header longer than retry_after',
      { retryAfterMs: 8000, leastMs: 4000 },
      8400,
      'the provider asked for 8 s (Retry-After)',
    ],
    ['nothing', { retryNumber: 3 }, 4000, 'back-off of retry 3: up to 8 s'],
    ['a back-off shorter than retry_after', { leastMs: 10_000 }, 10_000, 'retry_after: 10 s'],
    ['a retry_after longer than max_retry_delay', { leastMs: 90_000 }, 90_000, 'retry_after: 90 s'],
    ['max_retry_delay of 1 s', { retryNumber: 5, maxRetryDelayMs: 1000 }, 500, 'back-off of retry 5: up to 1 s'],
  ];
  test.each(cases)('%s', (_, set, ms, reason) => {
    expect(wait(set)).toEqual({ ms, reason });
  });
});

const anyInput = fc.record({
  retryNumber: fc.integer({ min: 1, max: 3000 }),
  retryAfterMs: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
  leastMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 600_000 })),
  maxRetryDelayMs: fc.integer({ min: 0, max: 600_000 }),
  otherDeploymentFresh: fc.boolean(),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }).map((value) => () => value),
});

test('no wait is negative, below retry_after, below the header, or above what the rules allow', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { ms } = waitBeforeRetry(input);
      const { retryNumber, retryAfterMs, leastMs, maxRetryDelayMs } = input;
      expect(Number.isInteger(ms) && ms >= leastMs).toBe(true);
      if (asksAnotherAtOnce(input)) {
        expect(ms).toBe(0);
      } else if (retryAfterMs === null) {
        expect(ms).toBeLessThanOrEqual(Math.max(leastMs, Math.min(1000 * 2 ** retryNumber, maxRetryDelayMs)));
      } else {
        expect(ms).toBeGreaterThanOrEqual(retryAfterMs);
        expect(ms).toBeLessThanOrEqual(Math.max(leastMs, Math.ceil(retryAfterMs + Math.min(retryAfterMs / 10, 5000))));
      }
    }),
  );
});

test('only a fresh deployment and no retry_after make a retry immediate by rule', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      expect(asksAnotherAtOnce(input)).toBe(input.otherDeploymentFresh && input.leastMs === 0);
    }),
  );
});
