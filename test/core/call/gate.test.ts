import { describe, expect, test } from 'vitest';
import { gateOptions } from '../../../src/core/call/activity-options.js';
import { gateEnd, gateText, openGate, wordlessEnd } from '../../../src/core/call/gate.js';
import { cameFrom } from '../../../src/core/call/group-start.js';
import { lastKind, whatItWaitsFor } from '../../../src/core/call/what-it-waits-for.js';
import type { FallbackApproval } from '../../../src/core/plan/settings.js';
import { failure, NOW_MS, progress } from '../build.js';

const APPROVAL: FallbackApproval = { groups: ['b'], timeoutMs: 60_000, onTimeout: 'deny' };
const open = (set: Partial<FallbackApproval> = {}) =>
  openGate('b', { from: 'a', kind: 'RateLimitError' }, { ...APPROVAL, ...set }, NOW_MS);

describe('a gate before a fallback', () => {
  test('says what it waits for, until when, and what comes then', () => {
    const text = 'approve or deny of the fallback from a, until 2026-11-22T12:01:00.000Z: then deny';
    expect(gateText(open().gate)).toBe(text);
    expect(open()).toMatchObject({ group: 'b', now: `waits for ${text}`, attempts: 0, decided: null });
    expect(open().ledger.entries).toMatchObject([{ group: 'b', outcome: 'note', message: `waits for ${text}` }]);
  });

  test.each([
    ['it waits', {}, null, 59_999, null],
    ['nobody said a word', {}, null, 60_000, 'deny'],
    ['nobody said a word, and that is a yes', { onTimeout: 'approve' }, null, 60_001, 'approve'],
    ['the call still has time', {}, 60_000, 60_000, 'deny'],
    ['the call has no time left', {}, 30_000, 30_000, 'deadline'],
    ['the call has had no time left for long', {}, 30_000, 70_000, 'deadline'],
  ] as const)('%s', (_what, set, deadline, afterMs, word) => {
    const input = { progress: open(set), deadlineMs: deadline === null ? null : NOW_MS + deadline };
    expect(gateEnd(input, NOW_MS + afterMs)?.word ?? null).toBe(word);
  });

  test.each([
    ['approve', 'nobody said approve or deny: approved (fallback_approval, on_timeout)'],
    ['deny', 'nobody said approve or deny: denied (fallback_approval, on_timeout)'],
    ['deadline', 'nobody said approve or deny before the deadline of the call'],
  ] as const)('the ledger says how it ended: %s', (word, message) => {
    const { ended } = wordlessEnd(open(), word, NOW_MS, 'by hand: ');
    expect(ended).toMatchObject({ group: 'b', attempts: 0, retries: 0 });
    expect(ended.ledger.entries.at(-1)).toMatchObject({ outcome: 'note', message: `by hand: ${message}` });
  });

  test('a call at it waits for that, and its last error is the one before', () => {
    const group = { state: 'gated', nextAttemptMs: null, progress: open() } as const;
    expect(whatItWaitsFor(group)).toEqual({
      state: 'gated',
      waitsFor: 'approve or deny of the fallback from a: deny where nobody says it in time',
      kind: 'RateLimitError',
      dueMs: NOW_MS + 60_000,
      retriesLeft: null,
    });
    expect(whatItWaitsFor({ ...group, progress: null })).toMatchObject({
      waitsFor: 'approve or deny of a fallback',
      dueMs: null,
      kind: null,
    });
    expect(lastKind(progress())).toBeNull();
  });

  test('its activity has the id of the group, and ends a little after the call', () => {
    const options = { nowMs: NOW_MS, line: 'Which bird?' };
    expect(gateOptions('b', { ...options, deadlineMs: null })).toEqual({
      activityId: 'b',
      summary: 'approve or deny b: Which bird?',
      startToCloseTimeout: 15_000,
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      retry: { initialInterval: 1000, backoffCoefficient: 1 },
    });
    expect(gateOptions('b', { ...options, deadlineMs: NOW_MS + 1000 }).scheduleToCloseTimeout).toBe(6000);
  });
});

test('the next group is told where the call comes from, and as much of the failure as it needs', () => {
  expect(cameFrom('a', failure('Timeout', { message: 'late', status: 408 }), 2)).toEqual({
    group: 'a',
    failure: { kind: 'Timeout', status: 408, message: 'late', requestId: null },
    fallback: 2,
  });
});
