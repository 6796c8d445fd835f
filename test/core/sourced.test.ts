import { expect, test } from 'vitest';
import { firstSet } from '../../src/core/sourced.js';

test('the first layer that sets a value wins, 0 included; then the default; then nothing', () => {
  expect([
    firstSet([
      ['request', undefined],
      ['router', 0],
      ['litellm', 3],
    ]),
    firstSet([['request', undefined]], 2),
    firstSet([['request', undefined]]),
    firstSet([]),
  ]).toEqual([{ value: 0, source: 'router' }, { value: 2, source: 'default' }, null, null]);
});
