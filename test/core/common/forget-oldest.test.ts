import { expect, test } from 'vitest';
import { forgetOldest } from '../../../src/core/common/forget-oldest.js';

test('what came first goes when there is one too many', () => {
  const known = new Set(['a', 'b', 'c']);
  forgetOldest(known, 3);
  expect([...known]).toEqual(['a', 'b', 'c']);
  forgetOldest(known, 2);
  expect([...known]).toEqual(['b', 'c']);
  const nothing = new Map<string, number>();
  forgetOldest(nothing, -1);
  expect(nothing.size).toBe(0);
});
