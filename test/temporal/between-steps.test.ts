import { expect, test } from 'vitest';
import { betweenSteps } from '../../src/temporal/between-steps.js';

/** Whether others are heard before it goes on. */
async function hears(value: unknown): Promise<boolean> {
  let isHeard = false;
  setImmediate(() => (isHeard = true));
  await betweenSteps(value);
  return isHeard;
}

test.each<[what: string, value: unknown, is: boolean]>([
  ['a small value', { text: 'x'.repeat(1000) }, false],
  ['a large text', 'x'.repeat(2 * 1024 * 1024), true],
  ['many values', Array(200_000).fill(0), true],
])('others are heard between the steps with a large value only: %s', async (_, value, is) => {
  expect(await hears(value)).toBe(is);
});
