import { expect, test } from 'vitest';
import { MEMO_SPEC } from '../../src/core/batch/batch.js';
import { newestBatches } from '../../src/client/list-batches.js';
import type { ListedEntry } from '../../src/client/listed-batch.js';

/** A batch as Temporal lists it; times in minutes. */
function entry(workflowId: string, begin: number, end?: number): ListedEntry {
  const at = (minute: number) => new Date(minute * 60_000);
  return {
    workflowId,
    status: { code: 2, name: end === undefined ? 'RUNNING' : 'COMPLETED' },
    taskQueue: 'q',
    startTime: at(begin),
    ...(end === undefined ? {} : { closeTime: at(end) }),
    memo: { [MEMO_SPEC]: { output: 'out' } },
    typedSearchAttributes: { getAll: () => [] },
  };
}

/** In Temporal's order. */
const ENTRIES = [
  entry('long', 10),
  entry('again', 50, 95),
  entry('slow', 20, 90),
  entry('quick', 70, 71),
  entry('again', 40, 45),
  entry('older', 30, 35),
  entry('oldest', 1, 2),
];

test.each([
  [100, ['quick', 'again', 'older', 'slow', 'long', 'oldest'], 7],
  [3, ['quick', 'again', 'older'], 7],
  [2, ['quick', 'again'], 5],
])('the newest %i batches come by their begin, each once', async (limit, expected, most) => {
  let read = 0;
  async function* entries() {
    for (const one of ENTRIES) {
      read += 1;
      yield one;
    }
  }
  const found = await newestBatches(entries(), limit);
  expect(found.map(({ batchId }) => batchId)).toEqual(expected);
  expect(read).toBe(most);
});
