import { describe, expect, test } from 'vitest';
import { continuedGroup, failureOf, forNextActivity, givenUp, retriedNow } from '../../../src/core/call/taken-over.js';
import { endedGroup } from '../../../src/core/call/ended-group.js';
import { startProgress, type GroupProgress } from '../../../src/core/retries/progress.js';
import { failure } from '../build.js';

const waiting: GroupProgress = {
  ...startProgress('a'),
  attempts: 2,
  ended: 2,
  lost: 1,
  retries: 2,
  failures: { num_retries: 2 },
  askedToWait: { one: 9_000 },
  decided: { failure: failure('RateLimitError'), action: 'retry', untilMs: 9_000 },
};

describe('a group whose activity an action ended', () => {
  test('goes on in one that counts its attempts from one', () => {
    expect(forNextActivity(waiting, 1_000)).toEqual({ ...waiting, ended: 0, lost: 0 });
  });

  test('is asked now, whatever it was to wait for', () => {
    const { askedToWait: _, ...rest } = waiting;
    expect(retriedNow(waiting, 1_000)).toEqual({ ...rest, decided: { ...waiting.decided, untilMs: 1_000 } });
    expect(retriedNow(startProgress('a'), 1_000).decided).toBeNull();
    const place = { line: 'a-1', deployment: 'a-1', sinceMs: 5, dueMs: 9_000 };
    expect(retriedNow({ ...waiting, place }, 1_000).place).toEqual({ ...place, dueMs: 1_000 });
  });

  test('is given up with its last error, or with one that says that there is none', () => {
    const ended = givenUp(waiting, 'skip by anna', 1_000);
    expect(ended).toMatchObject({ decided: { action: 'give up', failure: { kind: 'RateLimitError' } } });
    expect(endedGroup(ended)).toMatchObject({ attempts: 2, retries: 1 });
    expect(givenUp({ ...waiting, decided: null }, 'skip by anna', 1_000)).toMatchObject({ retries: 2 });
    expect(ended.ledger.entries).toMatchObject([{ outcome: 'note', next: { reason: 'skip by anna' } }]);
    expect(failureOf(startProgress('a'))).toMatchObject({
      kind: 'ServiceUnavailableError',
      message: 'no attempt of group a had ended',
    });
  });
});

describe('a group that gave up, and goes on under an extended plan', () => {
  test.each([
    ['waits as it was asked to', { retryAfterMs: 5_000 }, 6_000],
    ['waits the least that there is', {}, 1_500],
  ])('%s', (_what, said, untilMs) => {
    const ended = endedGroup(waiting);
    const last = failure('RateLimitError', { ...said, deadlineReached: true });
    const goesOn = continuedGroup(ended, last, { retryAfterMs: 500 }, 1_000);
    expect(goesOn).toMatchObject({
      attempts: 2,
      retries: 0,
      retriesBeforeReset: 3,
      failures: { num_retries: 2 },
      decided: { action: 'retry', untilMs, failure: { kind: 'RateLimitError', deadlineReached: false } },
    });
  });

  test('knows of no failures where a worker of before did not tell', () => {
    const { failures: _, ...ended } = endedGroup(waiting);
    expect(continuedGroup(ended, failure('Timeout'), { retryAfterMs: 0 }, 0).failures).toEqual({});
  });
});
