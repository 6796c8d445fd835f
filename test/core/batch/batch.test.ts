import { describe, expect, test } from 'vitest';
import { addRow, NO_ROWS, sumCounts } from '../../../src/core/batch/batch-counts.js';
import { answeredRow, callFailureIn, unansweredRow } from '../../../src/core/batch/batch-row-end.js';
import { batchOfRowCall, rowCallId } from '../../../src/core/batch/batch.js';
import type { CallReport } from '../../../src/core/call/call-types.js';
import { forAnotherActivity } from '../../../src/core/retries/progress.js';
import { progress } from '../build.js';

const TOKENS = { prompt: 1, completion: 2, total: 3 };
const report = { tokens: TOKENS } as CallReport;

test('rows are counted with their tokens, by how they ended', () => {
  const answered = addRow(NO_ROWS, { state: 'answered', tokens: TOKENS });
  const counts = addRow(answered, { state: 'failed', kind: 'Timeout', tokens: TOKENS });
  const tokens = { prompt: 2, completion: 4, total: 6 };
  expect(counts).toEqual({ answered: 1, failed: 1, errors: { Timeout: 1 }, tokens });
  const more = addRow(counts, { state: 'failed', kind: 'NotFoundError', tokens: NO_ROWS.tokens });
  expect(sumCounts(counts, more)).toEqual({
    answered: 2,
    failed: 3,
    errors: { Timeout: 2, NotFoundError: 1 },
    tokens: { prompt: 4, completion: 8, total: 12 },
  });
});

describe('how the call of a row ended', () => {
  const failure = { kind: 'RateLimitError', status: 429, message: 'no', report };
  test('answered', () => {
    expect(answeredRow({ report })).toEqual({ state: 'answered', tokens: TOKENS });
  });
  test.each([
    [
      'failed',
      { type: 'RateLimitError', details: [failure] },
      { state: 'failed', kind: 'RateLimitError', tokens: TOKENS },
    ],
    [
      'failed before its plan',
      { type: 'NotFoundError', details: [{ ...failure, kind: 'NotFoundError', report: null }] },
      { state: 'failed', kind: 'NotFoundError', tokens: NO_ROWS.tokens },
    ],
    ['cancelled', new Error('cancelled'), { state: 'stopped' }],
    ['an error of no kind', { type: 'Whatever', details: [failure] }, { state: 'stopped' }],
    ['a failure without details', { type: 'RateLimitError' }, { state: 'stopped' }],
    ['a failure with empty details', { type: 'RateLimitError', details: [] }, { state: 'stopped' }],
    ['nothing', undefined, { state: 'stopped' }],
    ['null', null, { state: 'stopped' }],
  ])('%s', (_, cause, end) => {
    expect(unansweredRow(cause)).toEqual(end);
    expect(callFailureIn(cause) === null).toBe(end.state === 'stopped');
  });
});

test("a row's own call has an id that tells batch and row", () => {
  expect(rowCallId('batch-1', 7)).toBe('batch-1-row-7');
  expect(batchOfRowCall('batch-1-row-7')).toBe('batch-1');
  expect(batchOfRowCall('call-row-x')).toBeNull();
});

test('an attempt that was made elsewhere leaves no count of attempts of an activity', () => {
  expect(forAnotherActivity(progress({ ended: 1, lost: 2, retries: 1 }))).toMatchObject({
    ended: 0,
    lost: 0,
    retries: 1,
  });
});
