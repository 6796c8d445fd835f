import { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { BarView } from '../../src/cli/batch/bar-view.js';
import type { BatchStatus } from '../../src/core/batch/batch.js';

const ERASED_LINE = '\u001B[2K';

const NOTHING: BatchStatus['counts'] = {
  answered: 0,
  failed: 0,
  errors: {},
  tokens: { prompt: 0, completion: 0, total: 0 },
};

function statusWith(changes: Partial<BatchStatus>): BatchStatus {
  return {
    batchId: 'b-1',
    state: 'running',
    reason: null,
    pausedBy: null,
    spec: { concurrency: 2 } as BatchStatus['spec'],
    mode: 'packed',
    rows: 4,
    counts: NOTHING,
    retrying: null,
    inFlight: 0,
    chunks: [],
    startedAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

/** A terminal that keeps what was written to it. */
function openTerminal(columns: number) {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  Object.assign(stream, { columns, rows: 24, isTTY: true });
  return { stream: stream as WriteStream, last: () => written.at(-1) ?? '', text: () => written.join('') };
}

test('the figures of a large batch fit on a terminal of 80 columns; what matters least is left out', () => {
  const terminal = openTerminal(80);
  const counts = {
    ...NOTHING,
    answered: 450_000,
    failed: 12_345,
    tokens: { prompt: 0, completion: 0, total: 987_654_321 },
  };
  new BarView(terminal.stream).show(statusWith({ rows: 1_000_000, counts, retrying: 2_000 }));
  const line = stripVTControlCharacters(terminal.last()).trim();
  expect(line.length).toBeLessThanOrEqual(80);
  expect(line).toContain('46 %, 462,345 of 1,000,000 rows · 12,345 failed · 988M tokens');
});

test.each<[what: string, columns: number, changes: Partial<BatchStatus>, bar: string]>([
  ['while the input is checked', 93, { rows: null }, '░░░░░░░░ 0 rows'],
  ['nothing done', 93, {}, '░░░░░░░░ 0 %, 0 of 4 rows'],
  ['half done', 93, { counts: { ...NOTHING, answered: 1, failed: 1 } }, '████░░░░ 50 %, 2 of 4 rows'],
  ['all done', 95, { counts: { ...NOTHING, answered: 4 } }, '██████████ 100 %, 4 of 4 rows'],
  ['on a narrow terminal', 90, {}, '░░░░░░░░ 0 %'],
  ['on a wide terminal', 400, {}, `${'░'.repeat(40)} 0 %`],
])('%s', (_, columns, changes, bar) => {
  const terminal = openTerminal(columns);
  new BarView(terminal.stream).show(statusWith(changes));
  expect(stripVTControlCharacters(terminal.text())).toContain(bar);
});

test('lines stay above the bar, which is gone at the end', () => {
  const terminal = openTerminal(100);
  const view = new BarView(terminal.stream);
  view.show(statusWith({}));
  view.say('a line that stays');
  view.show(statusWith({ state: 'paused', reason: 'by hand' }));
  view.end();
  const text = stripVTControlCharacters(terminal.text());
  expect(text).toContain('runs 4 rows, packed, 2 at a time\n');
  expect(text).toContain('a line that stays\n');
  expect(text).toContain('paused: by hand\n');
  expect(terminal.last()).toContain(ERASED_LINE);
  expect(stripVTControlCharacters(terminal.last())).toBe('');
});
