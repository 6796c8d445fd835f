import { expect, test } from 'vitest';
import { endedGroup, isEndedGroup } from '../../../src/core/call/ended-group.js';
import { isProgress, startProgress } from '../../../src/core/retries/progress.js';

const ended = endedGroup(startProgress('a'));

test.each<[what: string, value: unknown, expected: boolean]>([
  ['what a group left', ended, true],
  ['nothing', null, false],
  ['a text', 'done', false],
  ['an object without a ledger', { group: 'a', attempts: 1 }, false],
  ['a ledger that is none', { ...ended, ledger: 1 }, false],
  ['a ledger without entries', { ...ended, ledger: {} }, false],
  ['entries that are no list', { ...ended, ledger: { entries: 1 } }, false],
  ['an entry that is none', { ...ended, ledger: { entries: [null] } }, false],
  ['an entry that is a text', { ...ended, ledger: { entries: ['x'] } }, false],
  ['no group', { attempts: 1, ledger: ended.ledger }, false],
  ['a group without a name', { ...ended, group: 1 }, false],
  ['no attempts', { group: 'a', ledger: ended.ledger }, false],
  ['attempts that are no number', { ...ended, attempts: '1' }, false],
])('%s is told from what a group left', (_, value, expected) => {
  expect(isEndedGroup(value)).toBe(expected);
});

test.each<[what: string, value: unknown, expected: boolean]>([
  ['a progress', startProgress('a'), true],
  ['nothing', null, false],
  ['a text of Temporal', 'x', false],
  ['what has no count', { ledger: ended.ledger }, false],
  ['what has no ledger', { ended: 1 }, false],
  ['a ledger that is none', { ended: 1, ledger: null }, false],
])('%s is told from a progress', (_, value, expected) => {
  expect(isProgress(value)).toBe(expected);
});
