import { describe, expect, test } from 'vitest';
import { areKnown, withOthers, workersAmong } from '../../../src/core/deployments/other-lines.js';

describe('how many at other workers go before one who has so many of its own ahead', () => {
  type Case = [what: string, waiting: number, besideOwn: number, ahead: number, others: number];
  const cases: Case[] = [
    ['nobody before the first', 30, 0, 0, 0],
    ['as many as their lines are longer', 60, 20, 10, 30],
    ['all that they told of, before who came when they told', 60, 20, 20, 60],
    ['three quarters as many more as this line has grown by, for each of them', 40, 20, 40, 40 + 0.75 * 2 * 20],
    ['less of those that are shorter', 5, 20, 40, 5 + 0.75 * (25 / 30) * 20],
  ];
  test.each(cases)('%s', (_, waiting, besideOwn, ahead, others) => {
    expect(withOthers(ahead, { count: 2, waiting, besideOwn })).toBeCloseTo(ahead + others);
  });

  test('nobody where no others are known', () => {
    expect([withOthers(7, undefined), workersAmong(undefined)]).toEqual([7, 1]);
    expect(workersAmong({ count: 2, waiting: 0, besideOwn: 0 })).toBe(3);
  });

  test('is known as long as this line has not grown by much', () => {
    const known = (own: number, besideOwn: number, count = 2) => areKnown({ count, waiting: 5, besideOwn }, own);
    expect([known(10, 0), known(11, 0), known(60, 40), known(61, 40)]).toEqual([true, false, true, false]);
    expect(known(1_000, 0, 0)).toBe(true);
  });
});
