import { describe, expect, test } from 'vitest';
import { NO_ROWS } from '../../../src/core/batch/batch-counts.js';
import { batchTable, count, doneRows, failedText, percentDone } from '../../../src/core/batch/batch-text.js';
import type { BatchStatus } from '../../../src/core/batch/batch.js';

const SPEC: BatchStatus['spec'] = {
  input: 'file:///in.jsonl',
  output: 'file:///out',
  mode: 'auto',
  concurrency: 50,
  chunkRows: 200,
  priority: 4,
  settings: {},
  groupConcurrency: {},
  maxTokensTotal: null,
};
const CHECKING: BatchStatus = {
  batchId: 'b',
  state: 'checking',
  reason: null,
  pausedBy: null,
  spec: SPEC,
  mode: null,
  rows: null,
  counts: NO_ROWS,
  retrying: 0,
  inFlight: 0,
  chunks: [],
  startedAt: '2026-11-22T00:00:00.000Z',
};
const RUNNING: BatchStatus = { ...CHECKING, state: 'running', mode: 'packed', rows: 1_319 };
const SOME = { ...NO_ROWS, answered: 1_000, failed: 3, errors: { Timeout: 1, NotFoundError: 2 } };

/** The value of a figure in the table. */
function shown(name: string, status: BatchStatus): string | undefined {
  return batchTable(status)
    .split('\n')
    .find((line) => line.startsWith(`| ${name} |`))
    ?.slice(`| ${name} | `.length, -' |'.length);
}

test('counts', () => {
  expect(count(1_319)).toBe('1,319');
  expect(doneRows({ counts: SOME })).toBe(1_003);
  expect([percentDone(0, 0), percentDone(999, 1_000), percentDone(3, 3)]).toEqual([100, 99, 100]);
});

test.each([
  ['none', NO_ROWS, '0'],
  ['some, the most frequent kind first', SOME, '3: 2 × NotFoundError, 1 × Timeout'],
])('failed rows: %s', (_, counts, text) => expect(failedText(counts)).toBe(text));

describe('the table of a batch', () => {
  test('before its rows are counted', () => {
    expect(batchTable(CHECKING).split('\n')).toEqual([
      '| | |',
      '|---|---|',
      '| state | **checking** |',
      '| done | rows are not counted yet |',
      '| answered | 0 |',
      '| failed | 0 |',
      '| retrying | 0 |',
      '| in flight | 0 of 50 |',
      '| tokens | 0 |',
      '| mode | auto |',
      '| output | /out |',
      '',
      'The calls of its rows are in the list of workflows, under `HoldfastBatch = "b"`.',
      '',
      '\u00A0',
    ]);
  });

  test('while it runs: how far it is, and what failed', () => {
    expect(shown('done', { ...RUNNING, counts: SOME })).toBe('1,003 of 1,319 rows, 76 %');
    expect(shown('failed', { ...RUNNING, counts: SOME })).toBe('3: 2 × NotFoundError, 1 × Timeout');
  });

  test('paused, with the reason', () => {
    const paused: BatchStatus = { ...RUNNING, state: 'paused', reason: 'disk full | see /out' };
    expect(shown('state', paused)).toBe(String.raw`**paused**: disk full \| see /out`);
  });

  test.each<[when: string, status: BatchStatus, text: string | undefined]>([
    ['few rows retry', { ...RUNNING, retrying: 99 }, '99'],
    ['many do', { ...RUNNING, retrying: 100 }, '100; no other row is begun while 100 or more retry'],
    ['many do, and there is no other row', { ...RUNNING, rows: 100, retrying: 100 }, '100'],
    ['many do, and the batch is paused', { ...RUNNING, state: 'paused', retrying: 100 }, '100'],
    ['only the calls know', { ...RUNNING, mode: 'workflow', retrying: null }, undefined],
  ])('tells why rows wait, when %s', (_, status, text) => expect(shown('retrying', status)).toBe(text));

  test('has the limit of tokens beside those that are used', () => {
    expect(shown('tokens', { ...RUNNING, spec: { ...SPEC, maxTokensTotal: 5_000 } })).toBe('0 of 5,000');
  });

  test.each<[what: string, status: BatchStatus, told: boolean]>([
    ['chunks run', { ...RUNNING, chunks: [{ chunk: 0, counts: NO_ROWS }] }, true],
    ['no chunk runs', RUNNING, false],
    ['chunks only name their rows', { ...RUNNING, mode: 'workflow', chunks: [{ chunk: 0, counts: NO_ROWS }] }, false],
  ])('tells where the figures of chunks are while %s', (_, status, told) => {
    expect(batchTable(status).includes('Pending Activities')).toBe(told);
  });
});
