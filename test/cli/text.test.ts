import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { WriteStream } from 'node:tty';
import { describe, expect, test } from 'vitest';
import { answerText } from '../../src/cli/answer-text.js';
import { describeNow } from '../../src/cli/describe-now.js';
import { LiveLines } from '../../src/cli/live-lines.js';
import { oneLine, printable } from '../../src/cli/printable.js';
import { endpointTable, ledgerLine, ledgerTable } from '../../src/cli/show-ledger.js';
import { table } from '../../src/cli/table.js';
import { duration, localTime, untilTime } from '../../src/cli/times.js';
import type { CallInspection } from '../../src/client.js';
import { uiAddress } from '../../src/client/ui-address.js';
import { entryCount, type LedgerEntry } from '../../src/core/ledger/ledger.js';

const NOW = new Date(2026, 0, 2, 12, 0, 0);
const after = (ms: number): Date => new Date(NOW.getTime() + ms);

describe('times', () => {
  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [2400, '2.4 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_600_000, '1 h 00 min'],
    [7_500_000, '2 h 05 min'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms is %s', (ms, text) => expect(duration(ms)).toBe(text));

  test('today is told by the clock, another day with its date', () => {
    expect(localTime(after(3000), NOW)).toBe('12:00:03');
    expect(localTime(after(86_400_000), NOW)).toBe('2026-01-03 12:00:00');
  });

  test('a time to come has the wait beside it', () => {
    expect(untilTime(after(3000), NOW)).toBe('12:00:03 (in 3.0 s)');
    expect(untilTime(after(-1), NOW)).toBe('now');
  });
});

describe('tables', () => {
  const rows = [['sonnet', 'waits for the return of a deployment', 'https://api.example.com/v1']];

  test('are as wide as what is in them', () => {
    expect(table(['GROUP', 'WHY', 'URL'], rows)).toBe(
      'GROUP   WHY                                   URL\n' +
        'sonnet  waits for the return of a deployment  https://api.example.com/v1',
    );
  });

  test('wrap by words where there is no room, and break no word', () => {
    expect(table(['GROUP', 'WHY', 'URL'], rows, 60)).toBe(
      'GROUP   WHY                       URL\n' +
        'sonnet  waits for the return of   https://api.example.com/v1\n        a deployment',
    );
    expect(table(['GROUP', 'URL'], [['sonnet', 'https://api.example.com/v1']], 20)).toBe(
      'GROUP   URL\nsonnet  https://api.example.com/v1',
    );
  });
});

describe('text of others', () => {
  test('cannot steer the terminal', () => {
    expect(printable('a\u001b[2J\u001b]0;title\u0007b\tc\nd\u0000\u009b')).toBe('ab\tc\nd');
    expect(oneLine('a\n  b\u001b[31m')).toBe('a b');
  });

  test('the text of an answer; several choices; what is no text as JSON', () => {
    const choice = (content: unknown) => ({ message: { role: 'assistant', content } });
    expect(answerText({ choices: [choice('Hi')] })).toBe('Hi');
    const blocks = [
      { type: 'thinking', thinking: 'Hm' },
      { type: 'text', text: 'Hi' },
    ];
    expect(answerText({ type: 'message', content: blocks })).toBe('Hi');
    expect(answerText({ choices: [choice('Hi'), choice('Ho')] })).toBe('Hi\n\nHo');
    expect(answerText({ choices: [choice(null)] })).toContain('"role": "assistant"');
    expect(answerText('odd')).toBe('"odd"');
    expect(answerText({ choices: [{ text: 'a completion' }] })).toBe('a completion');
    expect(answerText({ data: [{ embedding: [0] }] })).toContain('"embedding"');
    const message = { type: 'message', content: [{ type: 'output_text', text: 'a response' }] };
    expect(answerText({ output: [{ type: 'reasoning', summary: [] }, message] })).toBe('a response');
  });
});

test('columns are as wide as their widest cell, the last one is open', () => {
  expect(table(['A', 'LONG'], [['wide cell', 'x'], ['y']])).toBe('A          LONG\nwide cell  x\ny');
});

test('the page of a call in the UI: HOLDFAST_UI, else TEMPORAL_UI, else the dev server', () => {
  const call = { namespace: 'a b', callId: 'x/y' };
  const page = '/namespaces/a%20b/workflows/x%2Fy';
  expect(uiAddress(call, {})).toBe(`http://localhost:8233${page}`);
  expect(uiAddress(call, { TEMPORAL_UI: 'https://t.example/' })).toBe(`https://t.example${page}`);
  expect(uiAddress(call, { TEMPORAL_UI: 'https://t', HOLDFAST_UI: 'https://h' })).toBe(`https://h${page}`);
});

const ENTRY: LedgerEntry = {
  attempt: 1,
  group: 'sonnet',
  deployment: 'sonnet#1/a',
  model: 'a',
  startedAt: new Date().toISOString(),
  durationMs: 350,
  outcome: 'failed',
  kind: 'RateLimitError',
  status: 429,
  message: 'slow\ndown',
  next: { action: 'retry', reason: 'retry 1 of 2 on num_retries', waitMs: 2400 },
};

describe('the ledger', () => {
  test('an entry in a line', () => {
    expect(ledgerLine(ENTRY)).toMatch(
      /^\d\d:\d\d:\d\d sonnet #1 sonnet#1\/a RateLimitError \(429\) after 350 ms → retry in 2\.4 s: slow down · retry 1 of 2/,
    );
    const note: LedgerEntry = { group: 'g', startedAt: ENTRY.startedAt, outcome: 'note', message: 'passed over' };
    expect(ledgerLine(note)).toMatch(/^\d\d:\d\d:\d\d g note passed over$/);
  });

  test('what was folded away is a line in the middle, and counted', () => {
    const tokens = { prompt: 0, completion: 0, total: 0 };
    const ledger = { entries: [ENTRY, ENTRY], folded: { count: 98, kinds: { Timeout: 98 }, tokens } };
    expect(entryCount(ledger)).toBe(100);
    expect(ledgerTable(ledger).split('\n')[2]).toMatch(/^… .*98 more .*98 Timeout$/);
  });

  test('who was asked, and where, stands once for each deployment', () => {
    const startedAt = after(0).toISOString();
    const asked = (deployment: string): LedgerEntry => {
      return { group: 'a', deployment, provider: 'groq', url: 'https://h/v1', startedAt, outcome: 'failed' };
    };
    const note: LedgerEntry = { group: 'a', startedAt, outcome: 'note' };
    expect(endpointTable({ entries: [note, asked('a1'), asked('a1'), asked('a2')] })?.split('\n')).toEqual([
      expect.stringMatching(/^DEPLOYMENT +PROVIDER +ASKED AT/),
      expect.stringMatching(/^a1 +groq +https:\/\/h\/v1$/),
      expect.stringMatching(/^a2 +groq +https:\/\/h\/v1$/),
    ]);
    expect(endpointTable({ entries: [note] })).toBeNull();
  });
});

describe('what a call does now', () => {
  const inspection = (pending: Partial<NonNullable<CallInspection['pending']>> | null): CallInspection => ({
    callId: 'c',
    owner: null,
    runId: 'r',
    state: 'running',
    startedAt: NOW,
    closedAt: null,
    beginsAt: null,
    workflowPause: null,
    stoppedBy: null,
    summary: null,
    group: 'sonnet',
    ledger: { entries: [] },
    now: '',
    report: null,
    pending: pending && {
      group: 'sonnet',
      state: 'asking',
      isGate: false,
      attempt: 2,
      nextAttemptAt: null,
      lastFailure: 'RateLimitError: slow down',
      worker: null,
      progress: null,
      ...pending,
    },
  });

  test.each([
    [null, 'queued: no group has begun, or it is between two'],
    [{}, 'group sonnet asks a provider (attempt 2)'],
    [
      { state: 'waiting', nextAttemptAt: new Date(Date.now() + 100_000_000) },
      /^group sonnet waits until .* \(in 1 d 3 h\): Rate/,
    ],
    [{ state: 'queued' }, 'group sonnet is queued for a worker, after RateLimitError: slow down'],
    [{ state: 'paused' }, 'group sonnet is paused by an operator'],
    [{ state: 'stopping' }, 'group sonnet is being cancelled'],
    [{ state: 'gated', isGate: true }, 'group sonnet is not asked yet: the call waits for approve or deny'],
  ] as const)('%j', (pending, says) => expect(describeNow(inspection(pending))).toMatch(says));

  test('a call that is over says how it ended', () => {
    expect(describeNow({ ...inspection(null), state: 'failed', now: 'failed: Timeout (408): x' })).toBe(
      'failed: Timeout (408): x',
    );
  });
});

describe('live lines', () => {
  const written = async (isTTY: boolean): Promise<string> => {
    const stream = new PassThrough();
    const lines = new LiveLines(Object.assign(stream, { isTTY, columns: 9 }) as unknown as WriteStream);
    lines.line('one');
    lines.status('a status that is long');
    lines.line('two');
    lines.status('');
    stream.end();
    return text(stream);
  };

  test('on a terminal one line below them changes, and never wraps', async () => {
    const erased = '\u001b[1G\u001b[2K';
    expect(await written(true)).toBe(`one\na status${erased}two\na status${erased}`);
  });

  test('elsewhere there are lines only', async () => {
    expect(await written(false)).toBe('one\ntwo\n');
  });
});
