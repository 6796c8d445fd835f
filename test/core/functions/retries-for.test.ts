import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_FAILURES, decideAfterFailure, type RetryState } from '../../../src/core/functions/decide-after-failure.js';
import { ERROR_KIND_NAMES, POLICY_FIELDS, type ErrorKind } from '../../../src/core/errors/error-kinds.js';
import { retriesFor, type ErrorWithKind, type RetrySettings } from '../../../src/core/functions/retries-for.js';
import { failure, NOW_MS } from '../build.js';

describe('how often an error is retried', () => {
  const cases: [what: string, error: ErrorWithKind, settings: RetrySettings | undefined, retries: number][] = [
    ['its policy field', 'RateLimitError', { retry_policy: { RateLimitErrorRetries: 5 } }, 5],
    [
      'its policy field, though it is not retried by default',
      'BadRequestError',
      { retry_policy: { BadRequestErrorRetries: 1 } },
      1,
    ],
    ['a policy field of 0', 'Timeout', { retry_policy: { TimeoutErrorRetries: 0, DefaultRetries: 4 } }, 0],
    ['the field of its parent', 'APIConnectionError', { retry_policy: { InternalServerErrorRetries: 3 } }, 3],
    [
      'its own field before that of its parent',
      'ServiceUnavailableError',
      { retry_policy: { InternalServerErrorRetries: 3, ServiceUnavailableErrorRetries: 1 } },
      1,
    ],
    [
      'DefaultRetries, where no field covers it',
      'RateLimitError',
      { retry_policy: { TimeoutErrorRetries: 1, DefaultRetries: 4 } },
      4,
    ],
    [
      'DefaultRetries is not for what is not retried by default',
      'AuthenticationError',
      { retry_policy: { DefaultRetries: 4 } },
      0,
    ],
    ['num_retries, where no policy covers it', 'RateLimitError', { num_retries: 7 }, 7],
    ['num_retries of 0', 'RateLimitError', { num_retries: 0 }, 0],
    [
      'a policy field wins over num_retries',
      'RateLimitError',
      { num_retries: 0, retry_policy: { RateLimitErrorRetries: 5 } },
      5,
    ],
    ['without any setting: 2', 'InternalServerError', undefined, 2],
    ['without any setting, not retried by default', 'BadRequestError', undefined, 0],
    ['a move to another deployment is no retry of this one', 'NotFoundError', { num_retries: 3 }, 0],
    [
      'never in the same group',
      'ContextWindowExceededError',
      { num_retries: 3, retry_policy: { BadRequestErrorRetries: 3 } },
      0,
    ],
    [
      'an error of a call',
      Object.assign(new Error('x'), { kind: 'Timeout' as const }),
      { retry_policy: { TimeoutErrorRetries: 6 } },
      6,
    ],
    [
      'the provider says that a retry is no use',
      failure('RateLimitError', { notRetriedByDefault: 'no quota' }),
      { num_retries: 3 },
      0,
    ],
    [
      'which a policy field overrides',
      failure('RateLimitError', { notRetriedByDefault: 'no quota' }),
      { retry_policy: { RateLimitErrorRetries: 3 } },
      3,
    ],
  ];
  test.each(cases)('%s', (_, error, settings, retries) => {
    expect(retriesFor(error, settings)).toBe(retries);
  });

  const policies = {
    retry_policy: { RateLimitErrorRetries: 5, TimeoutErrorRetries: 4 },
    model_group_retry_policy: { fast: { RateLimitErrorRetries: 1 } },
  };
  test.each<[what: string, kind: ErrorKind, group: string | undefined, retries: number]>([
    ['the policy of the group', 'RateLimitError', 'fast', 1],
    ['the fields that it does not set', 'Timeout', 'fast', 4],
    ['a group without a policy', 'RateLimitError', 'smart', 5],
    ['no group', 'RateLimitError', undefined, 5],
    ['a group with an odd name', 'RateLimitError', 'constructor', 5],
  ])('model_group_retry_policy: %s', (_, kind, group, retries) => {
    expect(retriesFor(kind, { ...policies, model_group: group })).toBe(retries);
  });

  test.each(['TeapotError', '', 'toString'])('%j is no error kind', (kind) => {
    expect(() => retriesFor(kind as ErrorKind)).toThrow(/^unknown error kind .*There are: BadRequestError, /);
    expect(() => retriesFor({ kind: kind as ErrorKind })).toThrow(TypeError);
  });
});

test('it is as many retries as an error gets that comes again and again', () => {
  const policy = fc.record(Object.fromEntries(POLICY_FIELDS.map((field) => [field, fc.integer({ min: 0, max: 6 })])), {
    requiredKeys: [],
  });
  const settings = fc.record(
    { retry_policy: policy, num_retries: fc.integer({ min: 0, max: 6 }) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.constantFrom(...ERROR_KIND_NAMES), settings, (kind, its) => {
      let state: RetryState = NO_FAILURES;
      for (;;) {
        const input = { failure: { kind }, settings: its, state, nowMs: NOW_MS, random: () => 0 };
        const decision = decideAfterFailure(input);
        if (decision.action === 'give up') break;
        state = decision.state;
      }
      expect(state.retries).toBe(retriesFor(kind, its));
    }),
  );
});
