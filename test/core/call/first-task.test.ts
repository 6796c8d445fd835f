import { describe, expect, test } from 'vitest';
import type { LlmCallInput } from '../../../src/core/call/call-types.js';
import {
  firstGroupInput,
  isPresumed,
  isRepeatedFirstTask,
  lostFirstAttempt,
  progressBeforeActivity,
} from '../../../src/core/call/first-task.js';
import { startProgress, type GroupProgress } from '../../../src/core/retries/progress.js';
import { callPlan } from '../build.js';

const NOW_MS = 1_800_000_000_000;
const INPUT: LlmCallInput = {
  operation: 'chat.completions',
  request: { model: 'fast', messages: [{ role: 'user', content: 'Hi' }], num_retries: 1 },
};

describe('the input of the first activity of a call', () => {
  test('has the body for the provider, under the plan of the first group', () => {
    const input = firstGroupInput(INPUT, callPlan(['fast']), { startedMs: NOW_MS, nowMs: NOW_MS });
    expect(input).toMatchObject({
      operation: 'chat.completions',
      body: { messages: [{ role: 'user', content: 'Hi' }] },
    });
    expect(input).toMatchObject({ deadlineMs: null, retriesLeftAtStart: null });
    expect(input).not.toHaveProperty('stream');
  });

  test('has the deadline from the start of the call, the cap of retries, how it is read, and the headers of its caller', () => {
    const plan = callPlan(['fast'], { timeoutMs: 60_000, numRetriesPerRequest: 4 });
    const stream = { restart: false };
    const headers = { 'x-team': 'blue' };
    const times = { startedMs: NOW_MS, nowMs: NOW_MS + 10_000 };
    const input = firstGroupInput({ ...INPUT, stream, headers }, plan, times);
    expect(input).toMatchObject({ deadlineMs: NOW_MS + 60_000, retriesLeftAtStart: 4, stream, headers });
  });
});

describe('what the first activity finds of an attempt before it', () => {
  const first = { ...startProgress('fast'), attempts: 1 };
  const at = (afterMs: number) => ({ startedMs: NOW_MS, nowMs: NOW_MS + afterMs, taskTimeoutMs: 10_000 });

  test.each([
    ['nothing, where no process makes first attempts', {}, 20_000, null],
    ['the attempt that was made before the workflow was started', { plan: callPlan(['fast']), first }, 0, first],
    ['nothing, where the first task came to somebody else at once', { plan: callPlan(['fast']) }, 9_999, null],
  ])('%s', (_what, input, afterMs, expected) => {
    expect(progressBeforeActivity(input, 'fast', at(afterMs))).toEqual(expected);
  });

  test('a lost attempt, charged to nothing, where the first task came to somebody else after its timeout', () => {
    expect(progressBeforeActivity({ plan: callPlan(['fast']) }, 'fast', at(10_000))).toMatchObject({
      group: 'fast',
      attempts: 1,
      lost: 0,
      ended: 0,
      ledger: { entries: [{ group: 'fast', attempt: 1, outcome: 'lost' }] },
    });
  });
});

test('an attempt is presumed where all that is known of it is that it was lost', () => {
  const lost = lostFirstAttempt('fast', NOW_MS);
  const [entry] = lost.ledger.entries;
  const withEntries = (...entries: unknown[]) => ({ ...lost, ledger: { ...lost.ledger, entries } }) as GroupProgress;
  expect(isPresumed(lost)).toBe(true);
  expect(isPresumed(startProgress('fast'))).toBe(false);
  expect(isPresumed(withEntries(entry, entry))).toBe(false);
  expect(isPresumed(withEntries({ ...entry, deployment: 'one' }))).toBe(false);
  expect(isPresumed(withEntries({ ...entry, outcome: 'failed' }))).toBe(false);
});

test.each([
  ['at once', 3, false],
  ['after a cancellation and a signal', 5, false],
  ['after one that failed, or that nobody brought to its end', 6, true],
])('a first workflow task that comes %s: whether somebody had it before', (_when, events, repeated) => {
  expect(isRepeatedFirstTask(events)).toBe(repeated);
});
