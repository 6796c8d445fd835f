import { describe, expect, test } from 'vitest';
import { newChunk } from '../../../src/core/batch/batch-chunk.js';
import { hasRowsToName, MAX_QUEUE, roomOfGroups, withReady } from '../../../src/core/batch/batch-groups.js';
import { startBatch, type BatchProgress } from '../../../src/core/batch/batch-progress.js';
import { order } from './orders.js';
import { named } from './told-batch.js';

const LIMITED = { groupConcurrency: { few: 4 } };
const few = (...rows: number[]) => rows.map((row) => named(row, 'few'));
const call = (group: string) => ({ group, state: 'child', isCounted: false }) as const;

/** A batch with so many calls of the group, and rows that are ready. */
function batch(calls: number, queue = few()): BatchProgress {
  const running = Object.fromEntries(Array.from({ length: calls }, (_, row) => [row, call('few')]));
  const chunks = { 0: { ...newChunk(10), calls: { ...running, 9: call('any') } } };
  return { ...startBatch(order().spec, 0), chunks, queue };
}

describe('of a group with a limit', () => {
  test.each<[string, BatchProgress, { names: number; isWanted: boolean }]>([
    ['twice as many rows are named as it may have', batch(0), { names: 8, isWanted: true }],
    ['without those that run', batch(3), { names: 5, isWanted: true }],
    ['and without its own that are ready', batch(3, [...few(20, 21), named(22)]), { names: 3, isWanted: true }],
    ['where there is room for half of the limit', batch(4, few(20, 21)), { names: 2, isWanted: true }],
    ['but not for less', batch(4, few(20, 21, 22)), { names: 1, isWanted: false }],
    ['and never less than none', batch(4, few(20, 21, 22, 23, 24)), { names: 0, isWanted: false }],
  ])('%s', (_, progress, room) => {
    expect(roomOfGroups(progress, LIMITED)).toEqual([{ group: 'few', ...room }]);
  });

  test('nothing is wanted while a look is under way', () => {
    const run = { slots: 0, tail: null, isStopping: false, isProbe: false, trouble: null, unread: [] };
    const progress = batch(0);
    const looked = { ...newChunk(10), run: { ...run, counts: newChunk(0).counts } };
    const looking = { ...progress, chunks: { ...progress.chunks, 1: looked } };
    expect(roomOfGroups(looking, LIMITED)).toMatchObject([{ isWanted: false }]);
    const attempting = {
      ...looking,
      chunks: { ...progress.chunks, 1: { ...looked, run: { ...looked.run, slots: 1 } } },
    };
    expect(roomOfGroups(attempting, LIMITED)).toMatchObject([{ isWanted: true }]);
  });

  test('a chunk is looked at for rows that are not ready yet, and that there is room for', () => {
    const hasRows = (waiting: number, waitingIn: number, ready = few(), isWanted = true) =>
      hasRowsToName({ waiting, waitingIn: [waitingIn] }, ready, [{ group: 'few', names: 1, isWanted }]);
    expect(hasRows(2, 2)).toBe(true);
    expect(hasRows(2, 2, few(1, 2))).toBe(false);
    expect(hasRows(2, 2, few(1))).toBe(true);
    expect(hasRows(2, 2, few(1), false)).toBe(false);
    expect(hasRows(3, 2, few(1), false)).toBe(true);
    expect(hasRows(3, 2, [...few(1, 2), named(3)])).toBe(false);
    expect(hasRows(3, 2, [...few(1), named(3)], false)).toBe(false);
  });
});

test('so many rows are ready at most; the others wait where they are written', () => {
  const rows = Array.from({ length: MAX_QUEUE + 1 }, (_, row) => named(row));
  expect(withReady(batch(0), rows, { groupConcurrency: {} })).toEqual(rows.slice(0, MAX_QUEUE));
  expect(roomOfGroups(batch(0), { groupConcurrency: {} })).toEqual([]);
});
