import { expect, test } from 'vitest';
import { sameAttempt } from '../../../src/core/call/stream-part.js';

test.each([
  ['the same attempt', { group: 'a', attempt: 1 }, true],
  ['the next attempt', { group: 'a', attempt: 2 }, false],
  ['the first attempt of another group', { group: 'b', attempt: 1 }, false],
  ['the first attempt after a reset', { group: 'a', attempt: 1, run: 'second' }, false],
])('%s', (_, other, same) => {
  expect(sameAttempt({ group: 'a', attempt: 1, run: 'first' }, { run: 'first', ...other })).toBe(same);
});
