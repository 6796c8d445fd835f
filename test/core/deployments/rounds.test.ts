import { describe, expect, test } from 'vitest';
import { callsIn, isNewAfter, roundsFor } from '../../../src/core/deployments/rounds.js';

describe('the rounds of a line', () => {
  type Case = [what: string, begun: number, calls: number, workers: number, rounds: number];
  const cases: Case[] = [
    ['of one worker, each call takes one', 0, 4, 1, 4],
    ['of three workers, a flow that is new has three calls in each', 0, 6, 3, 2],
    ['and one after its first ten', 0, 13, 3, 10 / 3 + 3],
    ['also where some of these have begun', 8, 3, 3, 2 / 3 + 1],
    ['and all of them', 10, 2, 3, 2],
    ['no calls take none', 5, 0, 3, 0],
  ];
  test.each(cases)('%s', (_, begun, calls, workers, rounds) => {
    expect(roundsFor({ begun }, calls, workers)).toBeCloseTo(rounds);
    expect(callsIn({ begun }, rounds + 0.01, workers)).toBe(calls);
  });

  test('a flow is new for ten calls', () => {
    expect([0, 9, 10].map((calls) => isNewAfter({ begun: 0 }, calls))).toEqual([true, true, false]);
    expect(isNewAfter({ begun: 9 }, 1)).toBe(false);
  });
});
