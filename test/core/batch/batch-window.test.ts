import { describe, expect, test } from 'vitest';
import {
  concurrencyProblem,
  lanesFor,
  modeFor,
  retryingLimit,
  slotsForNext,
  type ChunkShare,
} from '../../../src/core/batch/batch-window.js';

describe('the mode of a batch', () => {
  test.each([
    ['auto', 1, 'workflow'],
    ['auto', 1_000, 'workflow'],
    ['auto', 1_001, 'packed'],
    ['packed', 1, 'packed'],
    ['workflow', 5_000_000, 'workflow'],
  ] as const)('%s with %i rows: %s', (mode, rows, expected) => {
    expect(modeFor({ mode }, rows)).toBe(expected);
  });
});

describe('a window is shared out among chunks', () => {
  test.each([
    ['one row at a time', 1, {}, 9, { chunks: 1, slots: 1, groupSlots: {} }],
    ['two chunks at least', 10, {}, 9, { chunks: 2, slots: 5, groupSlots: {} }],
    ['the only chunk has it all', 10, {}, 1, { chunks: 1, slots: 10, groupSlots: {} }],
    ['chunks of 25', 100, {}, 9, { chunks: 4, slots: 25, groupSlots: {} }],
    ['no more chunks than there are', 100, { slow: 60 }, 3, { chunks: 3, slots: 34, groupSlots: { slow: 20 } }],
    ['no more chunks than the smallest limit', 100, { slow: 1 }, 9, { chunks: 1, slots: 100, groupSlots: { slow: 1 } }],
    [
      'the limit of a group is never passed',
      100,
      { a: 10, b: 90 },
      9,
      { chunks: 4, slots: 25, groupSlots: { a: 2, b: 22 } },
    ],
  ])('%s', (_, concurrency, groupConcurrency, allChunks, expected) => {
    expect(lanesFor({ concurrency, groupConcurrency }, allChunks)).toEqual(expected);
  });
});

describe('rows in flight at once', () => {
  test.each([
    [1, 'packed', null],
    [10_000, 'auto', null],
    [10_001, null, 'concurrency: expected a whole number from 1 to 10000, got 10001'],
    [0, 'packed', 'concurrency: expected a whole number from 1 to 10000, got 0'],
    [1.5, 'packed', 'concurrency: expected a whole number from 1 to 10000, got 1.5'],
    ['x', 'packed', 'concurrency: expected a whole number from 1 to 10000, got "x"'],
    [1_000, 'workflow', null],
    [
      1_001,
      'workflow',
      'concurrency: expected a whole number from 1 to 1000 in mode workflow, where each row in flight is a call of its own, got 1001',
    ],
  ] as const)('%j, mode %s: %s', (concurrency, mode, problem) => {
    expect(concurrencyProblem(concurrency, mode)).toBe(problem);
  });
});

describe('slots for one more chunk', () => {
  const lanes = { chunks: 4, slots: 25, groupSlots: {} };
  const full: ChunkShare = { slots: 25, tail: null };
  test.each<[string, ChunkShare[], number]>([
    ['an empty window', [], 25],
    ['a window with room', [full, full], 25],
    ['a full window', [full, full, full, full], 0],
    ['a chunk in its tail leaves its idle slots', [full, full, full, { slots: 25, tail: 5 }], 20],
    ['too few slots are kept until there are more', [full, full, full, { slots: 25, tail: 13 }], 0],
    ['after the window was made smaller', [full, full, full, full, full], 0],
  ])('%s', (_, running, slots) => {
    expect(slotsForNext(100, lanes, running)).toBe(slots);
  });
});

test('a window, and a chunk, is closed while twice as many rows are in retries', () => {
  expect(retryingLimit(50)).toBe(100);
});
