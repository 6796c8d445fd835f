import { describe, expect, test } from 'vitest';
import {
  decideAfterFailure,
  NO_FAILURES,
  type AfterFailure,
  type AfterFailureInput,
  type RetryState,
} from '../../../src/core/functions/decide-after-failure.js';
import type { ErrorKind } from '../../../src/core/errors/error-kinds.js';
import { failure, NOW_MS } from '../build.js';

const decide = (set: Partial<AfterFailureInput> = {}): AfterFailure =>
  decideAfterFailure({
    failure: { kind: 'RateLimitError' },
    settings: {},
    state: NO_FAILURES,
    nowMs: NOW_MS,
    random: () => 0.5,
    ...set,
  });

describe('after a failure', () => {
  test('there is a retry, the wait before it, and why', () => {
    expect(decide()).toEqual({
      action: 'retry',
      waitMs: 1000,
      reason: 'retry 1 of 2 on num_retries; back-off of retry 1: up to 2 s',
      state: { retries: 1, failures: { num_retries: 1 } },
    });
  });

  test('or there is none', () => {
    expect(decide({ failure: { kind: 'BadRequestError' } })).toEqual({
      action: 'give up',
      reason: 'BadRequestError is not retried unless a policy field asks for it',
      state: NO_FAILURES,
    });
  });

  const waits: [what: string, set: Partial<AfterFailureInput>, outcome: unknown][] = [
    ['the back-off doubles', { state: { retries: 3, failures: {} } }, { waitMs: 8000 }],
    [
      'up to max_retry_delay, in seconds',
      { state: { retries: 9, failures: {} }, settings: { max_retry_delay: 4 } },
      { waitMs: 2000 },
    ],
    ['never less than retry_after, in seconds', { settings: { retry_after: 1.5 } }, { waitMs: 1500 }],
    [
      'as long as the provider asks, and a tenth more',
      { failure: { kind: 'RateLimitError', retryAfterMs: 9000 } },
      { waitMs: 9450 },
    ],
    ['however long', { failure: { kind: 'RateLimitError', retryAfterMs: 600_000 } }, { waitMs: 602_500 }],
    [
      'unless there is somebody else to ask',
      { failure: { kind: 'RateLimitError', retryAfterMs: 600_000 }, canFallBack: true },
      { action: 'give up', reason: expect.stringContaining('max_retry_delay') },
    ],
    [
      'not until after the deadline',
      { deadlineMs: NOW_MS + 900 },
      { action: 'give up', reason: expect.stringContaining('deadline') },
    ],
    [
      'the provider says that a retry is no use',
      { failure: failure('RateLimitError', { notRetriedByDefault: 'the quota is used up' }) },
      { action: 'give up', reason: expect.stringContaining('the quota is used up') },
    ],
    [
      'the policy of the group',
      { settings: { model_group: 'a', model_group_retry_policy: { a: { RateLimitErrorRetries: 0 } } } },
      { action: 'give up', reason: 'RateLimitErrorRetries is 0' },
    ],
  ];
  test.each(waits)('%s', (_, set, outcome) => {
    expect(decide(set)).toMatchObject(outcome as object);
  });

  test('each policy field counts on its own, and the current error decides', () => {
    const settings = { retry_policy: { InternalServerErrorRetries: 1, RateLimitErrorRetries: 5 } };
    const kinds: ErrorKind[] = ['InternalServerError', ...Array<ErrorKind>(6).fill('RateLimitError')];
    let state: RetryState = NO_FAILURES;
    const actions = kinds.map((kind) => {
      const decision = decide({ failure: { kind }, settings, state: JSON.parse(JSON.stringify(state)) as RetryState });
      state = decision.state;
      return decision.action;
    });
    expect(actions).toEqual([...Array<string>(6).fill('retry'), 'give up']);
    expect(state).toEqual({ retries: 6, failures: { InternalServerErrorRetries: 1, RateLimitErrorRetries: 6 } });
  });

  test('an unknown kind is said to be one', () => {
    expect(() => decide({ failure: { kind: 'TeapotError' as ErrorKind } })).toThrow(
      /^unknown error kind "TeapotError"/,
    );
  });
});
