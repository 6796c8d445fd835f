import { describe, expect, test } from 'vitest';
import { NO_ROWS } from '../../../src/core/batch/batch-counts.js';
import { chunkCount, startBatch } from '../../../src/core/batch/batch-progress.js';
import { step } from '../../../src/core/batch/batch-step.js';
import type { BatchSpec, BatchStatus } from '../../../src/core/batch/batch.js';
import { order } from './orders.js';
import {
  begun,
  cancel,
  checked,
  ended,
  failed,
  found,
  ONE,
  paused,
  place,
  read,
  START,
  started,
  told,
  TOKENS,
  written,
  type Line,
} from './told-batch.js';

const BOTH: readonly Line[] = [
  [begun, 'check input'],
  [checked(20), 'keep input', 'run chunk 0: 2 slots, up to 50 tokens', 'run chunk 1: 2 slots, up to 50 tokens'],
];
const TWO_OF_THREE: readonly Line[] = [
  [begun, 'check input'],
  [checked(30), 'keep input', 'run chunk 0: 2 slots, up to 50 tokens', 'run chunk 1: 2 slots, up to 50 tokens'],
  [read(0, { answered: 10 }), 'stop chunk 1'],
];

describe('where a batch stands', () => {
  const at = (lines: readonly Line[], spec: Partial<BatchSpec> = {}) => told(spec, lines).status();

  test.each<[string, () => BatchStatus, Partial<BatchStatus>]>([
    [
      'before its rows are counted',
      () => at([]),
      { state: 'checking', mode: null, rows: null, retrying: 0, inFlight: 0 },
    ],
    [
      'while chunks run: rows in flight, and what is counted of the chunks',
      () => at(START),
      { state: 'running', mode: 'packed', inFlight: 4, chunks: [0, 1].map((chunk) => ({ chunk, counts: NO_ROWS })) },
    ],
    [
      'rows that retry, and what their calls have said',
      () =>
        at([
          ...ONE,
          [
            read(0, { answered: 6, named: [0, 1, 2, 3] }),
            'start call 0',
            'start call 1',
            'start call 2',
            'start call 3',
          ],
          [ended(0)],
          [ended(1, { state: 'failed', kind: 'Timeout', tokens: TOKENS })],
          [ended(2, { state: 'stopped' })],
        ]),
      {
        retrying: 1,
        counts: {
          answered: 7,
          failed: 2,
          errors: { Timeout: 1, CancelledError: 1 },
          tokens: { prompt: 0, completion: 80, total: 80 },
        },
      },
    ],
    [
      'paused by a person',
      () => at([...ONE, [paused, 'stop chunk 0']]),
      { state: 'paused', reason: 'lunch', pausedBy: 'person' },
    ],
    [
      'paused for its files',
      () => at([...ONE, [failed('chunk 0', 'storage', 'disk full'), 'wait 5000']]),
      { state: 'paused', reason: 'the files of the batch: disk full', pausedBy: 'batch' },
    ],
    [
      'answers wait for storage to come back',
      () => at([...START, [{ type: 'chunk in trouble', chunk: 1, trouble: 'disk full' }]]),
      { state: 'running', reason: 'disk full', pausedBy: null },
    ],
    [
      'storage came back',
      () =>
        at([
          ...START,
          [{ type: 'chunk in trouble', chunk: 1, trouble: 'disk full' }],
          [{ type: 'chunk in trouble', chunk: 1, trouble: null }],
          [{ type: 'chunk in trouble', chunk: 7, trouble: 'of no chunk' }],
        ]),
      { state: 'running', reason: null, pausedBy: null },
    ],
    [
      'paused for its tokens',
      () =>
        at(
          [
            [begun, 'check input'],
            [checked(10), 'keep input', 'run chunk 0: 4 slots, up to 20 tokens'],
            [read(0, { answered: 2, fresh: 8 })],
          ],
          { maxTokensTotal: 20 },
        ),
      { state: 'paused', reason: 'max_tokens_total of 20 is used up; resume with another', pausedBy: 'batch' },
    ],
    [
      'its tokens are used up, and there are chunks that were not begun',
      () => at(TWO_OF_THREE, { maxTokensTotal: 100 }),
      { state: 'paused', pausedBy: 'batch' },
    ],
    ...[{ fresh: 1 }, { named: [3] }].map((left): [string, () => BatchStatus, Partial<BatchStatus>] => [
      `its tokens are used up, and a chunk that stopped has a row left: ${JSON.stringify(left)}`,
      () => at([...BOTH, [read(0, { answered: 10, ...left }), 'stop chunk 1']], { maxTokensTotal: 100 }),
      { state: 'paused', pausedBy: 'batch' },
    ]),
    [
      'its tokens are used up while its last chunk runs',
      () => at([...BOTH, [read(0, { answered: 10 })]], { maxTokensTotal: 100 }),
      { state: 'running', pausedBy: null, inFlight: 2 },
    ],
    [
      'its tokens are used up by the last rows: they come to their end, and nothing waits for a resume',
      () =>
        at(
          [
            [begun, 'check input'],
            [checked(10), 'keep input', 'run chunk 0: 4 slots, up to 100 tokens'],
            [read(0, { answered: 9, named: [3] }), 'start call 3'],
            [ended(3), 'look at chunk 0; known 3'],
          ],
          { maxTokensTotal: 100 },
        ),
      { state: 'running', reason: null, pausedBy: null, inFlight: 0, chunks: [] },
    ],
    [
      'its tokens are used up, and it is being cancelled',
      () => at([...TWO_OF_THREE, [cancel]], { maxTokensTotal: 100 }),
      { state: 'running', reason: 'cancelled', pausedBy: null },
    ],
    [
      'its files cannot be read while a person has paused it: that holds',
      () => at([...ONE, [paused, 'stop chunk 0'], [failed('chunk 0', 'storage'), 'wait 5000']]),
      { state: 'paused', reason: 'lunch', pausedBy: 'person' },
    ],
    [
      'rows whose ends were read retry no more, though their calls have not closed',
      () =>
        at([
          ...ONE,
          [
            read(0, { answered: 6, fresh: 2, waiting: 2, named: [3, 4] }),
            'start call 3',
            'start call 4',
            'run chunk 0: 4 slots; known 3,4',
          ],
          [read(0, { answered: 9, ended: [3] })],
        ]),
      { retrying: 1, counts: { ...NO_ROWS, answered: 9, tokens: { prompt: 0, completion: 90, total: 90 } } },
    ],
    [
      'a call that Temporal has forgotten counts for nothing before its row is looked for',
      () =>
        at([
          ...ONE,
          [read(0, { answered: 9, named: [3] }), 'start call 3'],
          [found(3), 'await calls 3'],
          [{ type: 'calls awaited', ends: [{ ...place(3), state: 'gone' }] }, 'look at chunk 0; known 3'],
        ]),
      { counts: { ...NO_ROWS, answered: 9, tokens: { prompt: 0, completion: 90, total: 90 } } },
    ],
    [
      'with what it was told since it began',
      () => at([...ONE, [{ type: 'set concurrency', concurrency: 8 }]]),
      { spec: { ...order().spec, concurrency: 8 } },
    ],
    [
      'cancelled, with rows that would have been retried',
      () =>
        at([
          ...ONE,
          [cancel, 'stop chunk 0'],
          [read(0, { answered: 8, named: [3, 4] }), 'write what is done'],
          [written(8), 'end: cancelled, cancelled'],
        ]),
      { state: 'cancelled', retrying: 0 },
    ],
    [
      'something went wrong and is tried again',
      () => at([...ONE, [failed('chunk 0'), 'wait 1000']]),
      { state: 'running', reason: 'no luck; it is tried again', pausedBy: null },
    ],
    [
      'it did not go wrong again',
      () =>
        at([
          ...ONE,
          [failed('chunk 0'), 'wait 1000'],
          [{ type: 'waited' }, 'run chunk 0: 4 slots'],
          [read(0, { answered: 10 }), 'write output'],
        ]),
      { state: 'writing output', reason: null },
    ],
    ['being cancelled', () => at([...ONE, [cancel, 'stop chunk 0']]), { state: 'running', reason: 'cancelled' }],
    [
      'being cancelled, its output being written',
      () => at([...ONE, [cancel, 'stop chunk 0'], [read(0, { fresh: 10 }), 'write what is done']]),
      { state: 'writing output' },
    ],
    [
      'cancelled',
      () =>
        at([
          ...ONE,
          [cancel, 'stop chunk 0'],
          [read(0, { fresh: 10 }), 'write what is done'],
          [written(0), 'end: cancelled, cancelled'],
        ]),
      { state: 'cancelled', reason: null, retrying: 0, inFlight: 0 },
    ],
    [
      'in mode workflow, where only the calls know whether they retry',
      () =>
        at(
          [
            [begun, 'check input'],
            [checked(10), 'keep input', 'look at chunk 0'],
            [read(0, { named: [0, 1] }), 'start call 0', 'start call 1'],
          ],
          { mode: 'workflow' },
        ),
      { mode: 'workflow', retrying: null, inFlight: 2, chunks: [] },
    ],
  ])('%s', (_, status, expected) => {
    expect(status()).toMatchObject(expected);
  });

  test('calls that it stops itself are no failed rows', () => {
    const batch = told({}, [
      ...ONE,
      [read(0, { answered: 8, named: [3, 4] }), 'start call 3', 'start call 4'],
      [started(3)],
      [started(4)],
      [cancel, 'stop calls 3,4'],
      [ended(3, { state: 'stopped' })],
      [ended(4)],
    ]);
    expect(batch.status().counts).toMatchObject({ answered: 9, failed: 0 });
  });

  test('it has no chunks before its input is checked', () => {
    expect(chunkCount(startBatch(order().spec, 0))).toBe(0);
  });

  test('a refused input: one that has changed', () => {
    const { progress } = step(order({}, 'other'), startBatch(order().spec, 0), [checked(10)]);
    expect(progress.outcome).toMatchObject({ type: 'BadInput', message: expect.stringContaining('has changed since') });
    expect(step(order({}, 'sha'), startBatch(order().spec, 0), [checked(10)]).progress.outcome).toBeNull();
  });
});
