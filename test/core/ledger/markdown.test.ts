import { expect, test } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/ledger.js';
import { ledgerTable, resultText } from '../../../src/core/ledger/markdown.js';
import { isoTime } from '../../../src/core/common/iso-time.js';
import { NOW_MS } from '../build.js';

const NOTE =
  'Attempts in the groups that have ended. A group that is still being asked shows its own under **Pending Activities**, in Heartbeat Details.';
const TABLE = ['| group | attempt | deployment | result | took | then |', '|---|---|---|---|---|---|'];
const HEAD = [NOTE, '', ...TABLE];
const END = ['', '\u00A0'];
const note: LedgerEntry = { group: 'a', startedAt: isoTime(NOW_MS), outcome: 'note', message: 'passed over' };

test('a ledger as a table: what was asked, what came of it, what follows', () => {
  const entries: LedgerEntry[] = [
    {
      ...note,
      attempt: 1,
      deployment: 'a|1',
      durationMs: 1234,
      outcome: 'failed',
      kind: 'RateLimitError',
      status: 429,
      message: 'slow\ndown <b>[now](x)</b> `*`',
      next: { action: 'retry', reason: 'because', waitMs: 2000 },
    },
    { ...note, attempt: 2, outcome: 'lost', message: 'worker lost', next: { action: 'standby', reason: 'uncharged' } },
    note,
    { ...note, attempt: 3, deployment: 'a#1/model', outcome: 'interrupted', message: 'paused' },
    { group: 'a', attempt: 4, startedAt: note.startedAt, outcome: 'answered', durationMs: 5 },
  ];
  expect(ledgerTable({ entries }).split('\n')).toEqual([
    ...HEAD,
    String.raw`| a | 1 | a\|1 | RateLimitError (429): slow down \<b>\[now](x)\</b> \`\*\` | ` +
      '1.23\u00A0s | **retry** after 2.00\u00A0s: because |',
    '| a | 2 |  | lost: worker lost |  | **standby**: uncharged |',
    '| a |  |  | note: passed over |  |  |',
    '| a | 3 | #1/model | interrupted: paused |  |  |',
    '| a | 4 |  | answered | 0.01\u00A0s |  |',
    ...END,
  ]);
});

test('a long ledger shows its end and says how much came before', () => {
  const entries = Array.from({ length: 45 }, () => note);
  const folded = { count: 10, kinds: {}, tokens: { prompt: 0, completion: 0, total: 0 } };
  const rows = (table: string) => table.split('\n').slice(HEAD.length, -END.length);
  expect(rows(ledgerTable({ entries })).slice(0, 1)).toEqual(['| … | | | 5 earlier entries | | |']);
  expect(rows(ledgerTable({ entries, folded })).slice(0, 1)).toEqual(['| … | | | 15 earlier entries | | |']);
  expect(rows(ledgerTable({ entries })).length).toBe(41);
});

test.each<[entry: Partial<LedgerEntry>, text: string]>([
  [{ outcome: 'answered' }, 'answered'],
  [{ outcome: 'failed', kind: 'Timeout', status: 408 }, 'Timeout (408)'],
  [{ outcome: 'failed', kind: 'Timeout', status: 408, message: 'too slow' }, 'Timeout (408): too slow'],
])('%j in a few words', (entry, text) => {
  expect(resultText({ group: 'a', startedAt: note.startedAt, outcome: 'note', ...entry })).toBe(text);
});
