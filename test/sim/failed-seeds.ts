import type { WorldOptions } from './world.js';

/** Worlds in which something did not hold once, each with what it was. They hold now, and are run again. */
export const FAILED_SEEDS: readonly (WorldOptions & { readonly what: string })[] = [
  { seed: 3, calls: 200, batches: 4, what: 'a wait shorter than asked, after another deployment was asked' },
  { seed: 7, calls: 200, batches: 4, what: 'a wait shorter than asked, when the others began to cool' },
  { seed: 25, calls: 100, batches: 3, what: 'a chunk was looked at without end' },
  { seed: 33, calls: 100, batches: 3, what: 'an attempt that was lost before a reset was missing' },
  { seed: 955_028_826, calls: 200, batches: 4, what: 'an attempt in the ledger that had asked nobody' },
  {
    seed: 955_486_186,
    calls: 200,
    batches: 4,
    what: 'a wait shorter than another worker was asked for',
  },
  { seed: 955_645_597, calls: 200, batches: 4, what: 'a batch looked at its chunks and continued as new without end' },
  { seed: 955_645_603, calls: 200, batches: 4, what: 'no worker was there to be disturbed' },
  {
    seed: 503,
    calls: 800,
    batches: 8,
    what: 'more requests at once than the limit: a call that waited for its share was forgotten',
  },
  { seed: 2_000_190, calls: 800, batches: 8, what: 'a reader that came late read an answer without its begin' },
  {
    seed: 2_000_271,
    calls: 800,
    batches: 8,
    what: 'more requests at once than the limit: a call whose deadline came before its share',
  },
  { seed: 60_086, calls: 800, batches: 8, what: 'a pause that was taken as the group ended was not in the ledger' },
  {
    seed: 60_426,
    calls: 800,
    batches: 8,
    what: 'attempts of another worker were not in the ledger: its activity was reset, and an attempt went on that had waited for it',
  },
  {
    seed: 29_112_826,
    calls: 800,
    batches: 8,
    what: 'more requests in a minute: turns of before a freeze were used after it',
  },
  {
    seed: 30_112_064,
    calls: 800,
    batches: 8,
    what: 'turns that were made up for passed for a burst when a share became smaller',
  },
  {
    seed: 78_002,
    calls: 800,
    batches: 8,
    what: 'more of a limit was kept than was given: what had begun ahead of the pace',
  },
  {
    seed: 1624,
    calls: 200,
    batches: 4,
    what: 'a first attempt beside the first workflow task was not in the ledger: its call was failed by hand before its activity told of it',
  },
  {
    seed: 1072,
    calls: 200,
    batches: 4,
    what: "a worker that had just begun told the second call of a key with few a turn behind all of the others'",
  },
  {
    seed: 31_000_212,
    calls: 800,
    batches: 8,
    what: 'a request after the deadline: a group that began after it had now as its own, which the clock of its worker had not reached',
  },
];
