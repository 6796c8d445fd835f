import { describe, expect, test } from 'vitest';
import type { BatchEvent } from '../../../src/core/batch/batch-events.js';
import type { BatchStep } from '../../../src/core/batch/batch-plan.js';
import { startBatch } from '../../../src/core/batch/batch-progress.js';
import { step } from '../../../src/core/batch/batch-step.js';
import { order } from './orders.js';
import {
  begun,
  cancel,
  checked,
  ended,
  expire,
  failed,
  found,
  ONE,
  paused,
  read,
  resume,
  START,
  started,
  told,
  written,
  type Line,
} from './told-batch.js';

const TROUBLE: Record<string, readonly Line[]> = {
  'files that a worker cannot see: others may; when nobody gets on, the batch pauses, and looks for them': [
    ...START,
    [failed('chunk 0', 'storage'), 'run chunk 0: 2 slots'],
    [failed('chunk 1', 'storage'), 'run chunk 1: 2 slots'],
    [failed('chunk 0', 'storage'), 'stop chunk 1', 'wait 5000'],
    [failed('chunk 1', 'stopped')],
    [{ type: 'waited' }, 'probe chunk 0'],
    [failed('chunk 0', 'storage'), 'wait 10000'],
    [{ type: 'waited' }, 'probe chunk 0'],
    [read(0, { answered: 2, fresh: 8 }), 'run chunk 0: 2 slots', 'run chunk 1: 2 slots'],
  ],
  'somebody who knows that the files are there resumes it at once': [
    ...ONE,
    [failed('chunk 0', 'storage'), 'wait 5000'],
    [resume, 'run chunk 0: 4 slots'],
    [failed('chunk 0', 'storage')],
    [{ type: 'waited' }, 'probe chunk 0'],
  ],
  'it is looked for the files when what ran has ended': [
    ...START,
    [failed('chunk 0', 'storage'), 'run chunk 0: 2 slots'],
    [failed('chunk 0', 'storage'), 'run chunk 0: 2 slots'],
    [failed('chunk 0', 'storage'), 'stop chunk 1', 'wait 5000'],
    [{ type: 'waited' }],
    [read(1, { answered: 2, fresh: 8 }), 'probe chunk 0'],
  ],
  'who pauses a batch that waits for its files has to resume it': [
    ...ONE,
    [failed('chunk 0', 'storage'), 'wait 5000'],
    [paused],
    [{ type: 'waited' }],
    [resume, 'run chunk 0: 4 slots'],
  ],
  'the input cannot be read': [
    [begun, 'check input'],
    [failed('check', 'storage'), 'wait 5000'],
    [{ type: 'history is long' }, 'continue as new'],
  ],
  'the input can be read again': [
    [begun, 'check input'],
    [failed('check', 'storage'), 'wait 5000'],
    [{ type: 'waited' }, 'check input'],
    [{ type: 'history is long' }],
    [failed('check', 'storage'), 'continue as new'],
  ],
  'the input was read in the end': [
    [begun, 'check input'],
    [failed('check', 'storage'), 'wait 5000'],
    [{ type: 'waited' }, 'check input'],
    [checked(10), 'keep input', 'run chunk 0: 4 slots'],
  ],
  'no chunk was begun: the first one tells': [
    [begun, 'check input'],
    [paused],
    [checked(10), 'keep input'],
    [failed('check', 'storage')],
    [resume, 'run chunk 0: 4 slots'],
  ],
  'the output cannot be written': [
    ...ONE,
    [read(0, { answered: 10 }), 'write output'],
    [failed('output', 'storage'), 'wait 5000'],
    [{ type: 'waited' }, 'write output'],
    [{ type: 'history is long' }],
    [failed('output', 'storage'), 'continue as new'],
  ],
  'an output that goes wrong': [
    ...ONE,
    [read(0, { answered: 10 }), 'write output'],
    [failed('output'), 'wait 1000'],
    [{ type: 'waited' }, 'write output'],
    [written(10), 'end: completed'],
  ],
  'an error that nobody expected is tried again, later each time; then the batch fails': [
    ...ONE,
    [failed('chunk 0'), 'wait 1000'],
    [{ type: 'waited' }, 'run chunk 0: 4 slots'],
    [failed('chunk 0'), 'wait 2000'],
    [{ type: 'waited' }, 'run chunk 0: 4 slots'],
    [failed('chunk 0'), 'wait 4000'],
    [{ type: 'waited' }, 'run chunk 0: 4 slots'],
    [failed('chunk 0'), 'wait 8000'],
    [{ type: 'waited' }, 'run chunk 0: 4 slots'],
    [failed('chunk 0'), 'end: failed, no luck (chunk 0, 5 times in a row)'],
  ],
  'an error now and then ends nothing': [
    [begun, 'check input'],
    [failed('check'), 'wait 1000'],
    [{ type: 'waited' }, 'check input'],
    [checked(10), 'keep input', 'run chunk 0: 4 slots'],
    [failed('chunk 0'), 'wait 1000'],
    [{ type: 'waited' }, 'run chunk 0: 4 slots'],
    [read(0, { answered: 2, fresh: 8 }), 'run chunk 0: 4 slots'],
    [failed('chunk 0'), 'wait 1000'],
  ],
  'while the other chunks go on': [
    ...START,
    [failed('chunk 0'), 'wait 1000'],
    [failed('chunk 1')],
    [read(1, { answered: 10 })],
    [{ type: 'waited' }, 'run chunk 0: 2 slots', 'run chunk 1: 2 slots'],
  ],
  'a batch that fails stops its chunks and its calls first': [
    ...START,
    [read(0, { answered: 9, named: [3] }), 'start call 3'],
    [failed('chunk 1', 'input', 'no such chunk')],
    [started(3), 'stop calls 3'],
    [{ type: 'calls stopped' }, 'wait 15000'],
    [ended(3, { state: 'stopped' }), 'end: failed, no such chunk'],
  ],
};

const PEOPLE: Record<string, readonly Line[]> = {
  'a pause lets what is in flight end; the rest waits': [
    ...START,
    [paused, 'stop chunk 0', 'stop chunk 1'],
    [read(0, { answered: 2, fresh: 7, waiting: 1, named: [3] })],
    [read(1, { answered: 10 })],
    [{ type: 'pause', reason: 'again' }],
    [resume, 'start call 3', 'run chunk 0: 2 slots; known 3'],
  ],
  'a pause stops first attempts, no look at what is written': [
    ...START,
    [read(0, { answered: 9, named: [3] }), 'start call 3'],
    [ended(3), 'look at chunk 0; known 3'],
    [paused, 'stop chunk 1'],
  ],
  'a paused batch reads the ends of its calls, and is over when nothing is left': [
    ...ONE,
    [read(0, { answered: 9, named: [3] }), 'start call 3'],
    [started(3)],
    [paused],
    [ended(3), 'look at chunk 0; known 3'],
    [read(0, { answered: 10, ended: [3] }), 'write output'],
  ],
  'more concurrency is used at once': [
    [begun, 'check input'],
    [checked(50), 'keep input', 'run chunk 0: 2 slots', 'run chunk 1: 2 slots'],
    [{ type: 'set concurrency', concurrency: 8 }, 'run chunk 2: 4 slots'],
  ],
  'cancelled while its input is checked': [
    [begun, 'check input'],
    [cancel, 'stop check'],
    [failed('check', 'stopped'), 'end: cancelled, cancelled'],
  ],
  'cancelled: chunks and calls end, then what is done is put into the output': [
    ...START,
    [read(0, { answered: 8, named: [3, 4] }), 'start call 3', 'start call 4'],
    [cancel, 'stop chunk 1'],
    [started(3)],
    [started(4), 'stop calls 3,4'],
    [ended(3)],
    [read(1, { answered: 2, fresh: 8 })],
    [{ type: 'calls stopped' }, 'wait 15000'],
    [cancel],
    [ended(4), 'write what is done'],
    [cancel],
    [written(10), 'end: cancelled, cancelled'],
  ],
  'cancelled, and a call does not come to its end: it is waited for, but not for ever': [
    ...ONE,
    [read(0, { answered: 8, named: [3, 4] }), 'start call 3', 'start call 4'],
    [started(3)],
    [found(4), 'await calls 4'],
    [cancel, 'stop calls 3,4; wait for 4'],
    [{ type: 'calls stopped' }, 'wait 15000'],
    [{ type: 'waited' }, 'write what is done'],
    [written(8), 'end: cancelled, cancelled'],
  ],
  'cancelled, and its calls cannot be stopped, nor its output be written: the parts are there': [
    ...ONE,
    [read(0, { answered: 9, named: [3] }), 'start call 3'],
    [started(3)],
    [cancel, 'stop calls 3'],
    [failed('stop'), 'write what is done'],
    [failed('output', 'storage'), 'end: cancelled, cancelled'],
  ],
  'an output that is being written is not given up': [
    ...ONE,
    [read(0, { answered: 10 }), 'write output'],
    [cancel],
    [written(10), 'end: completed'],
  ],
  'an output that waits to be written again is: by then it is what was done': [
    ...ONE,
    [read(0, { answered: 10 }), 'write output'],
    [failed('output'), 'wait 1000'],
    [cancel, 'write what is done'],
  ],
  'unless it cannot be written': [
    ...ONE,
    [read(0, { answered: 10 }), 'write output'],
    [cancel],
    [failed('output', 'storage'), 'end: cancelled, cancelled'],
  ],
  'when its time is over it has what was done': [
    ...ONE,
    [expire, 'stop chunk 0'],
    [read(0, { answered: 2, fresh: 8 }), 'write what is done'],
    [written(2), 'end: failed, too late'],
  ],
  'a batch with a long history continues as new when only calls run': [
    ...START,
    [read(0, { answered: 9, named: [3] }), 'start call 3'],
    [{ type: 'history is long' }],
    [read(1, { answered: 10 })],
    [started(3), 'continue as new'],
    [paused],
  ],
};

const TOKENS_LEFT: Record<string, readonly Line[]> = {
  'chunks share what is left, and none is begun without': [
    [begun, 'check input'],
    [checked(40), 'keep input', 'run chunk 0: 2 slots, up to 100 tokens', 'run chunk 1: 2 slots, up to 100 tokens'],
    [read(0, { answered: 5, fresh: 5 }), 'run chunk 0: 2 slots, up to 100 tokens'],
    [read(0, { answered: 10 })],
    [read(1, { answered: 10 })],
    [
      { type: 'resume', maxTokensTotal: 300 },
      'run chunk 2: 2 slots, up to 50 tokens',
      'run chunk 3: 2 slots, up to 50 tokens',
    ],
    [read(2, { answered: 5, fresh: 5 })],
    [read(3, { answered: 5, fresh: 5 })],
    [{ type: 'resume', maxTokensTotal: null }, 'run chunk 2: 2 slots', 'run chunk 3: 2 slots'],
  ],
  'what was granted to a chunk that failed is its own again, and no more than that': [
    [begun, 'check input'],
    [checked(20), 'keep input', 'run chunk 0: 2 slots, up to 100 tokens', 'run chunk 1: 2 slots, up to 100 tokens'],
    [failed('chunk 0', 'storage'), 'run chunk 0: 2 slots, up to 100 tokens'],
    [read(0, { answered: 5, fresh: 5 }), 'run chunk 0: 2 slots, up to 100 tokens'],
    [failed('chunk 1', 'storage'), 'run chunk 1: 2 slots, up to 100 tokens'],
  ],
  'what a chunk that failed may have used is nobody else’s, also while it is granted fewer': [
    [begun, 'check input'],
    [checked(40), 'keep input', 'run chunk 0: 2 slots, up to 100 tokens', 'run chunk 1: 2 slots, up to 100 tokens'],
    [failed('chunk 0'), 'wait 1000'],
    [read(1, { answered: 10 })],
    [{ type: 'waited' }, 'run chunk 0: 2 slots, up to 50 tokens'],
    [
      read(0, { answered: 5, fresh: 5 }),
      'run chunk 0: 2 slots, up to 75 tokens',
      'run chunk 2: 2 slots, up to 25 tokens',
    ],
  ],
  'a limit that came later is for chunks that are begun from then on': [
    [begun, 'check input'],
    [{ type: 'resume', maxTokensTotal: null }],
    [checked(40), 'keep input', 'run chunk 0: 2 slots', 'run chunk 1: 2 slots'],
    [{ type: 'resume', maxTokensTotal: 300 }],
    [read(0, { answered: 10 }), 'run chunk 2: 2 slots, up to 200 tokens'],
  ],
  'a batch whose last rows use them up is complete': [
    [begun, 'check input'],
    [checked(20), 'keep input', 'run chunk 0: 2 slots, up to 100 tokens', 'run chunk 1: 2 slots, up to 100 tokens'],
    [read(0, { answered: 10 })],
    [read(1, { answered: 10 }), 'write output'],
    [written(20), 'end: completed'],
  ],
};

describe.each([
  ['what goes wrong', TROUBLE, {}],
  ['people', PEOPLE, {}],
  ['a limit of tokens', TOKENS_LEFT, { maxTokensTotal: 200 }],
] as const)('%s', (_, cases: Record<string, readonly Line[]>, spec) => {
  test.each(Object.keys(cases))('%s', (name) => void told(spec, cases[name] ?? []));
});

test('a batch that began before grants as it did: to others, what a chunk that failed is granted fewer', () => {
  const before = { ...order({ concurrency: 4, maxTokensTotal: 200 }), keepsGrants: false };
  const events: BatchEvent[] = [begun, checked(40), failed('chunk 0'), read(1, { answered: 10 }), { type: 'waited' }];
  const { commands } = events.reduce<BatchStep>(({ progress }, event) => step(before, progress, [event]), {
    progress: startBatch(before.spec, 0),
    commands: [],
  });
  expect(commands).toMatchObject([
    { type: 'run chunk', chunk: 0, attempts: { maxTokens: 50 } },
    { type: 'run chunk', chunk: 2, attempts: { maxTokens: 50 } },
  ]);
});
