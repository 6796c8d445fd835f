import { describe, expect, test } from 'vitest';
import { extendedPlan, goesOnUnder } from '../../../src/core/call/extend-plan.js';
import { callPlan, deployment, failure, groupPlan } from '../build.js';

describe('a call that is given more', () => {
  const plan = callPlan(['a', 'b'], {
    common: { ...callPlan([]).common, numRetries: 2, requestNumRetries: 0, retryPolicy: { TimeoutErrorRetries: 1 } },
    groups: {
      a: { deployments: [deployment('one', { numRetries: 3 }), deployment('two')], retryPolicy: { DefaultRetries: 4 } },
      b: { deployments: [deployment('three')] },
    },
    numRetriesPerRequest: 5,
    timeoutMs: 60_000,
  });

  test('retries has them in every budget', () => {
    const extended = extendedPlan(plan, { retries: 2 });
    expect(extended.common).toMatchObject({
      numRetries: 4,
      requestNumRetries: 2,
      retryPolicy: { TimeoutErrorRetries: 3 },
    });
    expect(extended.groups['a']).toMatchObject({
      deployments: [{ numRetries: 5 }, { id: 'two' }],
      retryPolicy: { DefaultRetries: 6 },
    });
    expect(extended).toMatchObject({ numRetriesPerRequest: 7, timeoutMs: 60_000 });
  });

  test.each([
    ['that a group has of its own', 'DefaultRetries', 6, 2],
    ['that all groups share', 'TimeoutErrorRetries', 3, 3],
    ['that nobody has', 'RateLimitErrorRetries', 2, 2],
  ] as const)('retries of a field %s has them there alone', (_what, field, inA, inB) => {
    const { common, groups } = extendedPlan(plan, { retries: 2, field });
    expect(common).toEqual(plan.common);
    expect([groups['a']?.retryPolicy?.[field], groups['b']?.retryPolicy?.[field]]).toEqual([inA, inB]);
  });

  test('time has a later deadline', () => {
    expect(extendedPlan(plan, { seconds: 1.5 })).toMatchObject({ timeoutMs: 61_500, numRetriesPerRequest: 5 });
  });

  test('what has no limit stays without one', () => {
    const extended = extendedPlan(callPlan(['a']), { retries: 1, seconds: 1 });
    expect(extended).not.toHaveProperty('timeoutMs');
    expect(extended).not.toHaveProperty('numRetriesPerRequest');
    expect(extended.common).not.toHaveProperty('requestNumRetries');
  });

  test('a field that is there without a value counts as none', () => {
    const unset = { ...plan, common: { ...plan.common, retryPolicy: { TimeoutErrorRetries: undefined } } };
    expect(extendedPlan(unset, { retries: 2 }).common.retryPolicy).toEqual({ TimeoutErrorRetries: 2 });
  });
});

describe('a group that gave up goes on under an extended plan', () => {
  const plan = groupPlan({ numRetries: 2, retryPolicy: {} });

  test.each([
    ['while its budget has a retry left', failure('RateLimitError'), { failures: { num_retries: 2 } }, true],
    ['not when that is used up', failure('RateLimitError'), { failures: { num_retries: 3 } }, false],
    ['where it had none before', failure('RateLimitError'), {}, true],
    ['never after an error that no retry helps', failure('BadRequestError'), {}, false],
    ['never when content was read', failure('APIConnectionError', { contentDelivered: true }), {}, false],
    ['never where its deployments may only be left', failure('AuthenticationError'), {}, false],
  ])('%s', (_when, failed, ended, goesOn) => {
    expect(goesOnUnder(plan, failed, ended)).toBe(goesOn);
  });

  test('never where the budget is 0', () => {
    expect(goesOnUnder({ ...plan, numRetries: 0 }, failure('RateLimitError'), {})).toBe(false);
  });
});
