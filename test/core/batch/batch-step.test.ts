import { describe, expect, test } from 'vitest';
import {
  begun,
  cancel,
  checked,
  ended,
  failed,
  found,
  named,
  ONE,
  place,
  read,
  START,
  started,
  told,
  TOKENS,
  written,
  type Line,
} from './told-batch.js';

const WHOLE: Record<string, readonly Line[]> = {
  'without a failure: check, chunks, output': [
    ...START,
    [read(0, { answered: 10 })],
    [read(1, { answered: 10 }), 'write output'],
    [written(20), 'end: completed'],
    [begun],
  ],
  'a failed first attempt becomes a call, whose end is read before the chunk is through': [
    ...ONE,
    [read(0, { answered: 9, named: [3] }), 'start call 3'],
    [started(3)],
    [ended(3), 'look at chunk 0; known 3'],
    [read(0, { answered: 10, ended: [3] }), 'write output'],
    [written(10), 'end: completed'],
  ],
  'a late or doubled word changes nothing': [
    ...ONE,
    [read(0, { answered: 9, named: [3] }), 'start call 3'],
    [started(3)],
    [ended(3), 'look at chunk 0; known 3'],
    [ended(3, { state: 'failed', kind: 'Timeout', tokens: TOKENS })],
    [started(3)],
    [read(0, { answered: 10, ended: [3] }), 'write output'],
    [ended(3)],
    [read(0, { answered: 2 })],
    [{ type: 'chunk in tail', chunk: 0, inFlight: 1 }],
    [failed('chunk 0')],
    [failed('check')],
    [written(10), 'end: completed'],
    [cancel],
  ],
  'a row whose end is read before its call has closed is counted once, and the chunk waits for the call': [
    ...ONE,
    [
      read(0, { answered: 7, fresh: 1, waiting: 2, named: [3, 4] }),
      'start call 3',
      'start call 4',
      'run chunk 0: 4 slots; known 3,4',
    ],
    [started(3)],
    [started(4)],
    [read(0, { answered: 9, ended: [3] })],
    [ended(3)],
    [ended(4), 'look at chunk 0; known 4'],
    [read(0, { answered: 10, ended: [4] }), 'write output'],
  ],
  'a call that was stopped by somebody is a failed row, which the next look writes down': [
    ...ONE,
    [read(0, { answered: 9, named: [3] }), 'start call 3'],
    [started(3)],
    [ended(3, { state: 'stopped' }), 'look at chunk 0; known 3; stopped 3'],
    [read(0, { answered: 9, failed: 1, ended: [3] }), 'write output'],
  ],
  'a call that Temporal has forgotten: what is written decides whether the row is run again': [
    ...ONE,
    [read(0, { answered: 8, named: [3, 4] }), 'start call 3', 'start call 4'],
    [found(3), 'await calls 3'],
    [found(4), 'stop await'],
    [failed('await', 'stopped'), 'await calls 3,4'],
    [
      { type: 'calls awaited', ends: [3, 4].map((row) => ({ ...place(row), state: 'gone' as const })) },
      'look at chunk 0; known 3,4',
    ],
    [read(0, { answered: 9, ended: [3] }), 'look at chunk 0'],
    [read(0, { answered: 9, named: [4] }), 'start call 4'],
  ],
  'of calls that are waited for, those that have not ended are waited for again': [
    ...ONE,
    [read(0, { answered: 8, named: [3, 4] }), 'start call 3', 'start call 4'],
    [found(3), 'await calls 3'],
    [found(4), 'stop await'],
    [{ type: 'calls awaited', ends: [{ ...place(3), state: 'answered', tokens: TOKENS }] }, 'await calls 4'],
    [failed('await'), 'wait 1000'],
    [{ type: 'waited' }, 'await calls 4'],
  ],
  'a call of an earlier round that was found writes nothing that counts in this one: the row is run again': [
    ...ONE,
    [read(0, { answered: 9, named: [3] }), 'start call 3'],
    [found(3), 'await calls 3'],
    [
      { type: 'calls awaited', ends: [{ ...place(3), state: 'failed', kind: 'Timeout', tokens: TOKENS }] },
      'look at chunk 0; known 3',
    ],
    [read(0, { answered: 9 }), 'look at chunk 0'],
    [read(0, { answered: 9, named: [3] }), 'start call 3'],
  ],
  'nothing is written of a row whose call said that it ended: looked for, later each time; then the batch fails': [
    ...ONE,
    [read(0, { answered: 9, named: [3] }), 'start call 3'],
    [ended(3), 'look at chunk 0; known 3'],
    [read(0, { answered: 9 }), 'wait 1000'],
    [{ type: 'waited' }, 'look at chunk 0; known 3'],
    [read(0, { answered: 9 }), 'wait 2000'],
    [{ type: 'waited' }, 'look at chunk 0; known 3'],
    [read(0, { answered: 9 }), 'wait 4000'],
    [{ type: 'waited' }, 'look at chunk 0; known 3'],
    [read(0, { answered: 9 }), 'wait 8000'],
    [{ type: 'waited' }, 'look at chunk 0; known 3'],
    [
      read(0, { answered: 9 }),
      'end: failed, the call of row 4 has ended, and nothing is written of it; do all workers see the same folder? (chunk 0, 5 times in a row)',
    ],
  ],
  'a chunk that stopped early runs again; its failed rows go first': [
    ...ONE,
    [
      read(0, { answered: 2, fresh: 6, waiting: 2, named: [0, 1] }),
      'start call 0',
      'start call 1',
      'run chunk 0: 4 slots; known 0,1',
    ],
  ],
  'a chunk in its tail leaves its idle slots to others': [
    [begun, 'check input'],
    [checked(30), 'keep input', 'run chunk 0: 2 slots', 'run chunk 1: 2 slots'],
    [{ type: 'chunk in tail', chunk: 0, inFlight: 1 }, 'run chunk 2: 1 slots'],
  ],
  'an input with rows that cannot be run: nothing is spent': [
    [begun, 'check input'],
    [
      checked(20, { problems: 2 }),
      'end: failed, 2 rows of /in.jsonl cannot be run, and none was: see /out/.holdfast/problems.jsonl',
    ],
  ],
  'an input that cannot be an input': [
    [begun, 'check input'],
    [failed('check', 'input', 'no rows'), 'end: failed, no rows'],
  ],
};

describe('a batch', () => {
  test.each(Object.entries(WHOLE))('%s', (_, lines) => void told({}, lines));
});

test('rows that cannot be run are skipped where that is asked for, but not more than so many', () => {
  told({ skipInvalid: true }, [
    [begun, 'check input'],
    [checked(10, { problems: 9 }), 'keep input', 'run chunk 0: 4 slots'],
  ]);
  told({ skipInvalid: true }, [
    [begun, 'check input'],
    [
      checked(10, { problems: 100_001 }),
      'end: failed, 100001 rows of /in.jsonl cannot be run, and none was (at most 100000 are skipped): see /out/.holdfast/problems.jsonl',
    ],
  ]);
});

describe('mode workflow', () => {
  const spec = { mode: 'workflow', concurrency: 2 } as const;
  test('chunks name their rows, some ahead; each row is a call', () => {
    told(spec, [
      [begun, 'check input'],
      [checked(10), 'keep input', 'look at chunk 0'],
      [read(0, { named: [0, 1, 2], waiting: 5 }), 'start call 0', 'start call 1'],
      [ended(0), 'start call 2', 'look at chunk 0; known 1,2,0'],
      [read(0, { answered: 1, ended: [0] })],
    ]);
  });

  test('rows of a group that is full let others pass', () => {
    told({ ...spec, concurrency: 3, groupConcurrency: { few: 1 } }, [
      [begun, 'check input'],
      [checked(10), 'keep input', 'look at chunk 0'],
      [
        read(0, { named: [named(0, 'few'), named(1, 'few'), named(2), named(3)], waiting: 4 }),
        'start call 0',
        'start call 2',
        'start call 3',
      ],
      [ended(2)],
      [ended(0), 'start call 1'],
    ]);
  });

  const few = { ...spec, concurrency: 3, groupConcurrency: { few: 1 } };
  const ofFew = (...rows: number[]) => rows.map((row) => named(row, 'few'));

  test('a chunk whose rows no group has room for is not looked at', () => {
    told(few, [
      [begun, 'check input'],
      [checked(10), 'keep input', 'look at chunk 0'],
      [read(0, { named: ofFew(0, 1), waiting: 3, waitingIn: [3] }), 'start call 0'],
      [started(0)],
      [ended(0), 'start call 1', 'look at chunk 0; known 1,0'],
      [read(0, { answered: 1, named: ofFew(2), waiting: 1, waitingIn: [1], ended: [0] })],
      [started(1)],
      [ended(1), 'start call 2'],
    ]);
  });

  test('where a group has room again, one chunk is looked at, not all that have rows of it', () => {
    told(few, [
      [begun, 'check input'],
      [checked(30), 'keep input', 'look at chunk 0'],
      [read(0, { waiting: 9, waitingIn: [9], named: ofFew(0, 1) }), 'start call 0', 'look at chunk 1'],
      [read(1, { waiting: 10, waitingIn: [10] }), 'look at chunk 2'],
      [read(2, { waiting: 10, waitingIn: [10] })],
      [started(0)],
      [ended(0), 'start call 1', 'look at chunk 0; known 1,0'],
      [read(0, { waiting: 7, waitingIn: [7], named: ofFew(2), answered: 1, ended: [0] })],
    ]);
  });

  test('a group gets no more ready rows than it has room for, also where several looks have named some', () => {
    const batch = told({ ...few, concurrency: 100 }, [
      [begun, 'check input'],
      [checked(20), 'keep input', 'look at chunk 0', 'look at chunk 1'],
      [read(0, { waiting: 9, waitingIn: [9], named: ofFew(0, 1) }), 'start call 0'],
      [started(0)],
      [read(1, { waiting: 10, waitingIn: [9], named: [...ofFew(10, 11), named(12)] }), 'start call 12'],
    ]);
    expect(batch.progress.queue).toMatchObject([{ row: 1 }]);
  });

  test('a worker that does not count the rows of each group is asked for those of any', () => {
    told(few, [
      [begun, 'check input'],
      [checked(10), 'keep input', 'look at chunk 0'],
      [read(0, { named: ofFew(0, 1), waiting: 3 }), 'start call 0', 'look at chunk 0; known 0'],
    ]);
  });
});
