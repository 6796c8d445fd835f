import { describe, expect, test } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger/ledger.js';
import { isoTime } from '../../../src/core/common/iso-time.js';
import type { GroupProgress } from '../../../src/core/retries/progress.js';
import { endedGroup } from '../../../src/core/call/ended-group.js';
import { NO_HISTORY, reportOf, startHistory, withGroup, withUnknownGroups } from '../../../src/core/call/report.js';
import { callPlan, NOW_MS, progress } from '../build.js';

const plan = callPlan(['a', 'b']);
const startedAt = isoTime(NOW_MS);

function entry(group: string, set: Partial<LedgerEntry>): LedgerEntry {
  return { group, startedAt, outcome: 'failed', ...set };
}

const first: GroupProgress = progress({
  attempts: 3,
  retries: 2,
  lastBudgetSize: 2,
  ledger: {
    entries: [1, 2, 3].map((attempt) =>
      entry('a', { attempt, deployment: 'a1', model: 'm', tokens: { prompt: 2, completion: 0, total: 2 } }),
    ),
  },
});
const second: GroupProgress = progress({
  group: 'b',
  attempts: 1,
  ledger: {
    entries: [
      entry('b', { attempt: 1, deployment: 'b1', model: 'n', tokens: { prompt: 5, completion: 1, total: 6 } }),
      entry('b', { deployment: 'b2', outcome: 'note', message: 'passed over' }),
    ],
  },
});

describe('the report of a call', () => {
  test('before any group ended: nothing was asked; the group is the target, not the alias', () => {
    const ofAlias = callPlan(['a'], { first: { group: 'fast' }, aliases: { fast: 'a' } });
    expect(reportOf(ofAlias, NO_HISTORY, 0)).toEqual({
      ledger: { entries: [] },
      configHash: 'hash',
      group: 'a',
      deployment: null,
      model: null,
      attempts: 0,
      retries: 0,
      fallbacks: 0,
      groupRetries: 0,
      groupMaxRetries: null,
      tokens: { prompt: 0, completion: 0, total: 0 },
    });
  });

  test('after one group: its retries, and the budget its last failure was counted on', () => {
    expect(reportOf(plan, withGroup(NO_HISTORY, first), 0)).toMatchObject({
      group: 'a',
      deployment: 'a1',
      model: 'm',
      attempts: 3,
      retries: 2,
      groupRetries: 2,
      groupMaxRetries: 2,
    });
  });

  test('retries from before a reset count, though no budget counts them any more', () => {
    const reset = { ...first, retries: 1, retriesBeforeReset: 2 };
    expect(reportOf(plan, withGroup(NO_HISTORY, endedGroup(reset)), 0)).toMatchObject({
      retries: 3,
      groupRetries: 3,
      groupMaxRetries: 2,
    });
  });

  test('after two: sums of both, and the deployment that was asked last', () => {
    const history = withGroup(withGroup(NO_HISTORY, first), second);
    expect(reportOf(plan, history, 1)).toEqual({
      ledger: { entries: [...first.ledger.entries, ...second.ledger.entries] },
      configHash: 'hash',
      group: 'b',
      deployment: 'b1',
      model: 'n',
      attempts: 4,
      retries: 2,
      fallbacks: 1,
      groupRetries: 0,
      groupMaxRetries: null,
      tokens: { prompt: 11, completion: 1, total: 12 },
    });
  });

  test("the provider's headers of the last group are told", () => {
    const ended = endedGroup({ ...first, providerHeaders: { 'cf-ray': 'a' } });
    expect(reportOf(plan, withGroup(NO_HISTORY, ended), 0)).toHaveProperty('providerHeaders', { 'cf-ray': 'a' });
  });

  test('a budget without a retry is not told', () => {
    const history = withGroup(NO_HISTORY, { ...first, retries: 0, lastBudgetSize: 0 });
    expect(reportOf(plan, history, 0)).toMatchObject({ groupRetries: 0, groupMaxRetries: null });
  });
});

test('fallbacks that name no group are noted, each with its name', () => {
  expect(withUnknownGroups(NO_HISTORY, ['nobody', 'nothing'], NOW_MS).ledger.entries).toEqual(
    ['nobody', 'nothing'].map((group) => ({
      group,
      startedAt,
      outcome: 'note',
      message: 'passed over: the config has no such model group',
    })),
  );
});

describe('the beginning of a history', () => {
  const notes = (set: object) => startHistory({ ...plan, ...set }, NOW_MS).ledger.entries.map(({ message }) => message);

  test('says nothing where there is nothing to say', () => {
    expect(startHistory(plan, NOW_MS)).toEqual(NO_HISTORY);
  });

  test("names the groups that are passed over, and LiteLLM's fields that no provider gets", () => {
    expect(notes({ passedOver: ['x'], takenOut: ['tags', 'metadata.tags'] })).toEqual([
      'passed over: the config has no such model group',
      'not sent to the provider, for LiteLLM itself: tags, metadata.tags',
    ]);
  });

  test('names no more than ten of them', () => {
    const [note] = notes({ takenOut: Array.from({ length: 12 }, (_, index) => `f${index}`) });
    expect(note).toBe('not sent to the provider, for LiteLLM itself: f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, …');
  });
});
