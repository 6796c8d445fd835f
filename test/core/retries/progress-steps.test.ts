import { describe, expect, test } from 'vitest';
import type { Decided } from '../../../src/core/retries/decide.js';
import { isoTime } from '../../../src/core/common/iso-time.js';
import type { GroupProgress } from '../../../src/core/retries/progress.js';
import {
  withAnswer,
  withAttempt,
  withFailure,
  withGiveUp,
  withHold,
  withInterruption,
  withPassedOver,
  withProviderHeaders,
  takenOver,
  withStandIns,
  withUnknownDeployments,
  withDeferral,
} from '../../../src/core/retries/progress-steps.js';
import { deployment, failure, NOW_MS, progress } from '../build.js';

const started = progress({ attempts: 1, ended: 1, failures: { num_retries: 1 }, retries: 1, lastBudgetSize: 2 });
const asking = withAttempt(started, deployment('a1'), NOW_MS);
const END_MS = NOW_MS + 1500;
const base = {
  attempt: 2,
  deployment: 'a1',
  model: 'a1-model',
  group: 'a',
  startedAt: isoTime(NOW_MS),
  durationMs: 1500,
};
const sharedBudget = { name: 'num_retries', size: 2, moveOnly: false } as const;

test('an attempt begins: it is counted and in flight', () => {
  expect(asking).toEqual({
    ...started,
    now: 'attempt 2 on a1 since 2026-11-22T12:00:00.000Z',
    attempts: 2,
    inFlight: { attempt: 2, deployment: 'a1', model: 'a1-model', startedAt: isoTime(NOW_MS) },
  });
});

test('an attempt tells whom it asks, and so does its entry', () => {
  const endpoint = { provider: 'openai', url: 'https://host/v1/chat/completions' };
  const progress = withAttempt(started, deployment('a1'), NOW_MS, endpoint);
  expect(progress.inFlight).toMatchObject(endpoint);
  const answered = withAnswer(progress, { status: 200, requestId: null, tokens: null }, NOW_MS);
  expect(answered.ledger.entries).toMatchObject([endpoint]);
});

test('the headers of the last response are kept, also where a later attempt had none', () => {
  const responded = withProviderHeaders(asking, { 'cf-ray': 'a' });
  expect(responded).toEqual({ ...asking, providerHeaders: { 'cf-ray': 'a' } });
  expect(withProviderHeaders(responded, undefined)).toBe(responded);
});

describe('an attempt fails', () => {
  const tokens = { prompt: 5, completion: 0, total: 5 };
  const error = failure('RateLimitError', { message: 'slow down', requestId: 'req_1', tokens });
  const facts = {
    outcome: 'failed',
    kind: 'RateLimitError',
    status: 429,
    message: 'slow down',
    requestId: 'req_1',
    tokens,
  };

  test('a retry follows: charged, with its wait and its end in the ledger', () => {
    const decided: Decided = { decision: { action: 'retry', waitMs: 2000, reason: 'because' }, budget: sharedBudget };
    expect(withFailure(asking, error, decided, END_MS)).toEqual({
      ...asking,
      now: 'RateLimitError (429): next attempt at 2026-11-22T12:00:03.500Z; because',
      inFlight: null,
      ended: 2,
      retries: 2,
      failures: { num_retries: 2 },
      failedDeployments: ['a1'],
      decided: { failure: error, action: 'retry', untilMs: END_MS + 2000 },
      ledger: {
        entries: [
          {
            ...base,
            ...facts,
            next: { action: 'retry', reason: 'because', waitMs: 2000, until: isoTime(END_MS + 2000) },
          },
        ],
      },
    });
  });

  test('who asked to stay away is remembered, each with the time until then', () => {
    const decided: Decided = { decision: { action: 'retry', waitMs: 0, reason: 'because' }, budget: sharedBudget };
    const before = { ...asking, askedToWait: { b: 1 } };
    const overloaded = failure('ServiceUnavailableError', { retryAfterMs: 9000 });
    const after = withFailure(before, overloaded, decided, END_MS);
    expect(after.askedToWait).toEqual({ a1: END_MS + 9000, b: 1 });
    expect(withFailure({ ...before, inFlight: null }, overloaded, decided, END_MS).askedToWait).toEqual({ b: 1 });
  });

  test('a standby follows: no retry', () => {
    const decided: Decided = {
      decision: { action: 'standby', deployment: 's', reason: 'because' },
      budget: sharedBudget,
    };
    const after = withFailure(asking, error, decided, END_MS);
    expect(after).toMatchObject({ retries: 1, standby: 's', now: 'RateLimitError (429): standby; because' });
    expect(after.ledger.entries[0]?.next).toEqual({ action: 'standby', reason: 'because' });
  });

  test('the group gives up: the failure is counted on its budget', () => {
    const budget = { name: 'RateLimitErrorRetries', size: 0, moveOnly: false } as const;
    const after = withFailure(asking, error, { decision: { action: 'give up', reason: 'because' }, budget }, END_MS);
    expect(after).toMatchObject({
      now: 'RateLimitError (429): give up; because',
      retries: 1,
      failures: { num_retries: 1, RateLimitErrorRetries: 1 },
      lastBudgetSize: 0,
      standby: null,
    });
  });

  test('without a budget, an id and tokens: nothing is charged, and the ledger leaves out what is not known', () => {
    const before = { ...asking, failedDeployments: ['a1'] };
    const decided: Decided = { decision: { action: 'give up', reason: 'because' }, budget: null };
    const after = withFailure(before, failure('BadRequestError', { message: 'no' }), decided, END_MS);
    expect(after).toMatchObject({ failures: { num_retries: 1 }, lastBudgetSize: 2, failedDeployments: ['a1'] });
    expect(after.ledger.entries).toEqual([
      {
        ...base,
        outcome: 'failed',
        kind: 'BadRequestError',
        status: 400,
        message: 'no',
        next: { action: 'give up', reason: 'because' },
      },
    ]);
  });

  test('before it had begun: no deployment is to blame, and it took no time', () => {
    const decided: Decided = { decision: { action: 'give up', reason: 'because' }, budget: null };
    const after = withFailure(started, error, decided, END_MS);
    expect(after.failedDeployments).toEqual([]);
    expect(after.ledger.entries[0]).toMatchObject({ group: 'a', startedAt: isoTime(END_MS), durationMs: 0 });
  });

  test('a clock that went back gives no negative duration', () => {
    const decided: Decided = { decision: { action: 'give up', reason: 'because' }, budget: null };
    expect(withFailure(asking, error, decided, NOW_MS - 10).ledger.entries[0]?.durationMs).toBe(0);
  });
});

test.each([
  ['with all that is known', { requestId: 'req_1', tokens: { prompt: 1, completion: 2, total: 3 } }, true],
  ['with nothing but its status', { requestId: null, tokens: null }, false],
])('an attempt answers, %s', (_, known, inLedger) => {
  expect(withAnswer(asking, { status: 200, ...known }, END_MS)).toEqual({
    ...asking,
    now: 'answered',
    inFlight: null,
    ledger: { entries: [{ ...base, outcome: 'answered', status: 200, ...(inLedger ? known : {}) }] },
  });
});

test('an attempt that we stop ourselves ended, is not charged, and its standby is still to be asked', () => {
  const before = { ...asking, standby: 's' };
  const tokens = { prompt: 7, completion: 2, total: 9 };
  expect(withInterruption(before, 'the worker was shut down', END_MS, tokens)).toEqual({
    ...before,
    now: 'interrupted: the worker was shut down',
    inFlight: null,
    ended: 2,
    ledger: {
      entries: [{ ...base, outcome: 'interrupted', message: 'the worker was shut down; charged to no budget', tokens }],
    },
  });
});

test('one that is stopped while it waits for its turn is a note, and no attempt: nobody was asked', () => {
  const place = { line: 'a1', deployment: 'a1', sinceMs: NOW_MS, dueMs: END_MS };
  const before = { ...started, place };
  const message = 'the worker was shut down before a provider was asked; charged to no budget';
  expect(withInterruption(before, 'the worker was shut down', END_MS, null)).toEqual({
    ...before,
    now: 'interrupted: the worker was shut down',
    ended: 2,
    ledger: { entries: [{ group: 'a', startedAt: isoTime(END_MS), outcome: 'note', message }] },
  });
});

test('a deployment that is passed over counts as failed, not as an attempt', () => {
  const before = { ...started, standby: 'a9' };
  expect(withPassedOver(before, 'a9', 'this worker does not know it', NOW_MS)).toEqual({
    ...started,
    failedDeployments: ['a9'],
    ledger: {
      entries: [
        {
          group: 'a',
          deployment: 'a9',
          startedAt: isoTime(NOW_MS),
          outcome: 'note',
          message: 'passed over: this worker does not know it',
        },
      ],
    },
  });
});

test('an attempt that cannot be made now is put off, and charged to nothing', () => {
  expect(withDeferral(started, 'a slot', NOW_MS)).toEqual({
    ...started,
    now: `waits until ${isoTime(NOW_MS)}: a slot`,
    ended: started.ended + 1,
  });
  const place = { line: 'a1', deployment: 'a1', sinceMs: 1, dueMs: 2 };
  const placed = withDeferral(started, 'a slot', NOW_MS, place);
  expect(withDeferral(placed, 'a probe', NOW_MS).place).toEqual(place);
  expect(withAttempt(placed, deployment('a1'), NOW_MS)).not.toHaveProperty('place');
});

test('a group that gives up without an attempt says why', () => {
  const lost = failure('AttemptsLostError', { message: '6 attempts were lost' });
  expect(withGiveUp(started, lost, 'because', NOW_MS)).toEqual({
    ...started,
    now: 'gave up: because',
    ended: 2,
    decided: { failure: lost, action: 'give up', untilMs: NOW_MS },
    ledger: {
      entries: [
        {
          group: 'a',
          startedAt: isoTime(NOW_MS),
          outcome: 'note',
          kind: 'AttemptsLostError',
          status: 503,
          message: '6 attempts were lost',
          next: { action: 'give up', reason: 'because' },
        },
      ],
    },
  });
});

describe('deployments of the plan that no worker knows', () => {
  const notes = ({ ledger }: GroupProgress) => ledger.entries.map(({ outcome, message }) => [outcome, message]);

  test('are noted once, and since when', () => {
    const first = withUnknownDeployments(progress(), NOW_MS);
    expect(first.unknownSinceMs).toBe(NOW_MS);
    expect(notes(first)).toEqual([['note', expect.stringContaining('put back for one that does')]]);
    expect(withUnknownDeployments(first, NOW_MS + 1)).toBe(first);
  });

  test('that others stand in for them is noted once, too', () => {
    const first = withStandIns(withUnknownDeployments(progress(), NOW_MS), NOW_MS);
    expect(notes(first)).toHaveLength(2);
    expect(withStandIns(first, NOW_MS + 1)).toBe(first);
    expect(notes(withStandIns(progress(), NOW_MS))).toHaveLength(1);
  });
});

describe('what an activity finds of an attempt that was made before it', () => {
  test('one that has ended stays as it is', () => {
    expect(takenOver(started, NOW_MS)).toBe(started);
  });

  test('one that was in flight was stopped, and counts for no attempt of the activity', () => {
    const found = takenOver(withAttempt(progress(), deployment('a1'), NOW_MS), END_MS);
    expect(found).toMatchObject({ attempts: 1, ended: 0, lost: 0, inFlight: null });
    expect(found.ledger.entries).toMatchObject([
      { outcome: 'interrupted', message: 'its activity went to another process; charged to no budget' },
    ]);
  });
});

test('a hold is noted once, whoever looks how often', () => {
  const held = withHold(
    withHold(started, 'group a is held by ann: too dear', NOW_MS),
    'group a is held by ann: too dear',
    END_MS,
  );
  expect(held.ledger.entries).toEqual([
    {
      group: 'a',
      startedAt: isoTime(NOW_MS),
      outcome: 'note',
      message: 'group a is held by ann: too dear; charged to no budget',
    },
  ]);
  expect(withHold(held, 'group a is held by bob: too slow', END_MS).ledger.entries).toHaveLength(2);
});
