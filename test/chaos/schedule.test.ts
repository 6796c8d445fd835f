import { expect, test } from 'vitest';
import { callsOf, rowsOf } from './load.js';
import { faultsOf } from './schedule.js';

const THREE_MINUTES = 180_000;

test('the same seed makes the same run, another one another', () => {
  const everything = (seed: number) => [
    faultsOf(seed, THREE_MINUTES),
    callsOf(seed, THREE_MINUTES),
    rowsOf(seed, THREE_MINUTES),
  ];
  expect(everything(7)).toEqual(everything(7));
  expect(faultsOf(7, THREE_MINUTES)).not.toEqual(faultsOf(8, THREE_MINUTES));
});

test('a longer run begins as the shorter one', () => {
  const short = faultsOf(7, THREE_MINUTES);
  expect(faultsOf(7, 10 * THREE_MINUTES).slice(0, short.length)).toEqual(short);
});

test('three minutes have 300 calls of all sorts and faults of every process', () => {
  const calls = callsOf(1, THREE_MINUTES);
  expect(calls).toHaveLength(300);
  expect(new Set(calls.map(({ prompt }) => prompt)).size).toBe(300);
  const sorts = {
    unkeyed: calls.some(({ key }) => key === null),
    streamed: calls.some(({ stream }) => stream),
    'on-failure': calls.some(({ durability }) => durability === 'on-failure'),
    large: calls.some(({ paddingLength }) => paddingLength > 100_000),
  };
  expect(sorts).toEqual({ unkeyed: true, streamed: true, 'on-failure': true, large: true });
  expect(new Set(faultsOf(1, THREE_MINUTES).map(({ target }) => target)).size).toBe(5);
});
