import { expect, test } from 'vitest';
import { startsOf, total } from '../../../src/core/common/total.js';

test.each<[lengths: number[], starts: number[], sum: number]>([
  [[], [], 0],
  [[5], [0], 5],
  [[5, 0, 3], [0, 5, 5], 8],
])('lengths %j begin at %j, and are %i together', (lengths, starts, sum) => {
  expect(startsOf(lengths)).toEqual(starts);
  expect(total(lengths)).toBe(sum);
});
