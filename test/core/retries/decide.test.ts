import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, failuresOn, type DecideInput, type Decision } from '../../../src/core/retries/decide.js';
import { ERROR_KIND_NAMES, type ErrorKind } from '../../../src/core/errors/error-kinds.js';
import { deployment, failure, groupPlan, NOW_MS, outlook, progress } from '../build.js';

function decided(kind: ErrorKind, set: Partial<DecideInput> = {}) {
  return decide({
    failure: failure(kind),
    deployment: deployment('a1'),
    plan: groupPlan(),
    progress: progress(),
    cooling: new Map(),
    walk: outlook(),
    deadlineMs: null,
    retriesLeftInCall: null,
    nowMs: NOW_MS,
    random: () => 0.5,
    ...set,
  });
}

function decision(kind: ErrorKind, set: Partial<DecideInput> = {}): Decision {
  return decided(kind, set).decision;
}

const two = groupPlan({ deployments: [deployment('a1'), deployment('a2')] });
const withStandby = groupPlan({ deployments: [deployment('a1'), deployment('s', { order: 2 })] });

describe('a retry, its wait and its reason', () => {
  const cases: [what: string, kind: ErrorKind, set: Partial<DecideInput>, waitMs: number, reason: string][] = [
    ['back-off', 'RateLimitError', {}, 1000, 'retry 1 of 2 on num_retries; back-off of retry 1: up to 2 s'],
    [
      'the second retry, the first failure on its field',
      'RateLimitError',
      { plan: groupPlan({ retryPolicy: { RateLimitErrorRetries: 5 } }), progress: progress({ retries: 1 }) },
      2000,
      'retry 1 of 5 on RateLimitErrorRetries; back-off of retry 2: up to 4 s',
    ],
    [
      'another deployment, at once',
      'RateLimitError',
      { plan: two, failure: failure('RateLimitError', { retryAfterMs: 900_000 }) },
      0,
      'retry 1 of 2 on num_retries; another deployment is asked at once',
    ],
    [
      'the other deployment is cooling',
      'RateLimitError',
      { plan: two, cooling: new Map([['a2', NOW_MS + 60_000]]) },
      1000,
      'retry 1 of 2 on num_retries; back-off of retry 1: up to 2 s',
    ],
    [
      'the other deployment failed in this call',
      'RateLimitError',
      { plan: two, progress: progress({ failedDeployments: ['a2'] }) },
      1000,
      'retry 1 of 2 on num_retries; back-off of retry 1: up to 2 s',
    ],
    [
      'an error that only moves',
      'AuthenticationError',
      { plan: two },
      0,
      'retry 1 of 2 on num_retries; another deployment is asked at once',
    ],
    [
      'a long Retry-After where no other group can be asked',
      'RateLimitError',
      {
        failure: failure('RateLimitError', { retryAfterMs: 900_000 }),
        walk: outlook({ fallbacks: false }),
      },
      902_500,
      'retry 1 of 2 on num_retries; the provider asked for 900 s (Retry-After)',
    ],
    [
      'a Retry-After of exactly max_retry_delay',
      'RateLimitError',
      { failure: failure('RateLimitError', { retryAfterMs: 60_000 }) },
      62_500,
      'retry 1 of 2 on num_retries; the provider asked for 60 s (Retry-After)',
    ],
    [
      'a wait that ends before the deadline',
      'RateLimitError',
      { deadlineMs: NOW_MS + 1001 },
      1000,
      'retry 1 of 2 on num_retries; back-off of retry 1: up to 2 s',
    ],
    [
      'a retry left in the call',
      'RateLimitError',
      { retriesLeftInCall: 1 },
      1000,
      'retry 1 of 2 on num_retries; back-off of retry 1: up to 2 s',
    ],
  ];
  test.each(cases)('%s', (_, kind, set, waitMs, reason) => {
    expect(decision(kind, set)).toEqual({ action: 'retry', waitMs, reason });
  });
});

describe('a group gives up', () => {
  const cases: [what: string, kind: ErrorKind, set: Partial<DecideInput>, reason: string][] = [
    [
      'after an error that is not retried',
      'BadRequestError',
      {},
      'BadRequestError is not retried unless a policy field asks for it',
    ],
    [
      'after an error that is never retried',
      'ContextWindowExceededError',
      {},
      'ContextWindowExceededError is never retried in the group',
    ],
    [
      'when the request says num_retries: 0',
      'RateLimitError',
      { plan: groupPlan({ requestNumRetries: 0 }) },
      'num_retries: 0 switches retries off',
    ],
    ['when the budget is 0', 'RateLimitError', { plan: groupPlan({ numRetries: 0 }) }, 'num_retries is 0'],
    [
      'when the budget is used up',
      'RateLimitError',
      { progress: progress({ failures: { num_retries: 2 } }) },
      'num_retries (2) is used up',
    ],
    [
      'when no deployment is left to move to',
      'AuthenticationError',
      { plan: two, progress: progress({ failedDeployments: ['a2'] }) },
      'AuthenticationError is not retried unless a policy field asks for it, and no untried deployment is left',
    ],
    [
      'when the provider forbids a retry and no deployment is left to move to',
      'RateLimitError',
      { failure: failure('RateLimitError', { notRetriedByDefault: 'the provider said no' }) },
      'the provider said no, and no untried deployment is left',
    ],
    [
      'when the call has no retries left',
      'RateLimitError',
      { retriesLeftInCall: 0 },
      'num_retries_per_request: the call has no retries left',
    ],
    [
      'at once when a Retry-After is longer than max_retry_delay and another group can be asked',
      'RateLimitError',
      { failure: failure('RateLimitError', { retryAfterMs: 60_001 }) },
      'the provider asks to wait longer than max_retry_delay, and another group can be asked now',
    ],
    [
      'the same with a fresh deployment, when retry_after forbids to ask it at once',
      'RateLimitError',
      { plan: { ...two, retryAfterMs: 1000 }, failure: failure('RateLimitError', { retryAfterMs: 60_001 }) },
      'the provider asks to wait longer than max_retry_delay, and another group can be asked now',
    ],
    [
      'when the wait would pass the deadline',
      'RateLimitError',
      { deadlineMs: NOW_MS + 1000 },
      'a wait of 1 s would pass the deadline of the group',
    ],
    [
      'when the deadline is over',
      'RateLimitError',
      { plan: two, deadlineMs: NOW_MS },
      'a wait of 0 s would pass the deadline of the group',
    ],
    [
      'when the attempt ended at the deadline',
      'Timeout',
      { plan: withStandby, failure: failure('Timeout', { deadlineReached: true }) },
      'the deadline of the group was reached',
    ],
  ];
  test.each(cases)('%s', (_, kind, set, reason) => {
    expect(decision(kind, set)).toEqual({ action: 'give up', reason });
  });
});

describe('before a group gives up, an untried standby is asked', () => {
  const asked = { action: 'standby', deployment: 's', reason: 'standby of order 2; charged to no budget' };
  const cases: [what: string, kind: ErrorKind, set: Partial<DecideInput>, action: string][] = [
    [
      'when the budget is used up',
      'RateLimitError',
      { progress: progress({ failures: { num_retries: 2 } }) },
      'standby',
    ],
    ['against num_retries: 0', 'RateLimitError', { plan: { ...withStandby, requestNumRetries: 0 } }, 'standby'],
    ['against num_retries_per_request', 'RateLimitError', { retriesLeftInCall: 0 }, 'standby'],
    [
      'instead of a long wait',
      'RateLimitError',
      { plan: { ...withStandby, retryAfterMs: 1 }, failure: failure('RateLimitError', { retryAfterMs: 60_001 }) },
      'standby',
    ],
    [
      'instead of a wait past the deadline',
      'RateLimitError',
      { plan: { ...withStandby, retryAfterMs: 9000 }, deadlineMs: NOW_MS + 100 },
      'standby',
    ],
    ['for an error that moves', 'AuthenticationError', { plan: { ...withStandby, numRetries: 0 } }, 'standby'],
    ['not for an error that another deployment does not help', 'BadRequestError', {}, 'give up'],
    [
      'not when it is cooling',
      'RateLimitError',
      { plan: { ...withStandby, numRetries: 0 }, cooling: new Map([['s', NOW_MS + 60_000]]) },
      'give up',
    ],
    [
      'not when it failed',
      'RateLimitError',
      { plan: { ...withStandby, numRetries: 0 }, progress: progress({ failedDeployments: ['s'] }) },
      'give up',
    ],
    [
      'not when it is the one that failed now',
      'RateLimitError',
      { plan: { ...withStandby, numRetries: 0 }, deployment: deployment('s', { order: 2 }) },
      'give up',
    ],
    ['not when the deadline is over', 'RateLimitError', { deadlineMs: NOW_MS }, 'give up'],
    ['not while budget is left: then it is a retry', 'RateLimitError', {}, 'retry'],
  ];
  test.each(cases)('%s', (_, kind, set, action) => {
    const result = decision(kind, { plan: withStandby, ...set });
    expect(result.action).toBe(action);
    if (action === 'standby') expect(result).toEqual(asked);
  });

  test('the one whose order is lowest comes first, and an unset order is 1', () => {
    const deployments = [deployment('p', { order: 0 }), deployment('t', { order: 3 }), deployment('s')];
    const plan = groupPlan({ deployments, numRetries: 0 });
    expect(decision('RateLimitError', { plan, deployment: deployments[0]! })).toEqual({
      action: 'standby',
      deployment: 's',
      reason: 'standby of order 1; charged to no budget',
    });
  });
});

test('the budget that a failure is counted on comes with the decision, also when the group gives up', () => {
  const plan = groupPlan({ retryPolicy: { RateLimitErrorRetries: 0 } });
  expect([decided('RateLimitError', { plan }).budget, decided('BadRequestError').budget]).toEqual([
    { name: 'RateLimitErrorRetries', size: 0, moveOnly: false },
    null,
  ]);
  expect(
    failuresOn(progress({ failures: { num_retries: 3 } }), { name: 'num_retries', size: 5, moveOnly: false }),
  ).toBe(4);
});

test('no decision waits less than nothing, less than retry_after or the header, or past the deadline', () => {
  const input = fc.record({
    kind: fc.constantFrom(...ERROR_KIND_NAMES),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 200_000 })),
    leastMs: fc.integer({ min: 0, max: 20_000 }),
    leftMs: fc.option(fc.integer({ min: -10, max: 200_000 })),
    orders: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  fc.assert(
    fc.property(input, ({ kind, retryAfterMs, leastMs, leftMs, orders, random }) => {
      const deployments = orders.map((order, index) => deployment(`d${index}`, { order }));
      const result = decision(kind, {
        failure: failure(kind, { retryAfterMs }),
        plan: groupPlan({ deployments, retryAfterMs: leastMs }),
        deployment: deployments[0]!,
        deadlineMs: leftMs === null ? null : NOW_MS + leftMs,
        random: () => random,
      });
      if (result.action !== 'retry') return;
      expect(result.waitMs).toBeGreaterThanOrEqual(leastMs);
      expect(result.waitMs).toBeLessThan(leftMs ?? Infinity);
      if (leastMs > 0 || deployments.length === 1) expect(result.waitMs).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
    }),
  );
});

test('a stream that broke after content was read from it: no retry, no move, no standby', () => {
  const plans = [groupPlan({ retryPolicy: { DefaultRetries: 5 } }), two, withStandby];
  for (const plan of plans) {
    const broken = failure('APIConnectionError', { contentDelivered: true });
    expect(decision('APIConnectionError', { plan, failure: broken })).toEqual({
      action: 'give up',
      reason: 'content of the stream had been read: nothing may answer a second time',
    });
  }
});
