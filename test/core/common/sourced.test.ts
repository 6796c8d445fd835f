import { expect, test } from 'vitest';
import { firstSet } from '../../../src/core/common/sourced.js';

test('the first layer that sets a value wins, 0 included; then the default', () => {
  expect([
    firstSet(
      [
        ['request', undefined],
        ['router', 0],
        ['litellm', 3],
      ],
      2,
    ),
    firstSet([['request', undefined]], 2),
    firstSet([], null),
  ]).toEqual([
    { value: 0, source: 'router' },
    { value: 2, source: 'default' },
    { value: null, source: 'default' },
  ]);
});
