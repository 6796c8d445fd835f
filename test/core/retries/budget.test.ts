import { describe, expect, test } from 'vitest';
import { budgetFor } from '../../../src/core/retries/budget.js';
import type { GroupPlan } from '../../../src/core/plan/call-plan.js';
import { ERROR_KIND_NAMES, ERROR_KINDS, POLICY_FIELDS, type ErrorKind } from '../../../src/core/errors/error-kinds.js';
import type { RetryPolicy } from '../../../src/core/plan/settings.js';
import { groupPlan } from '../build.js';

/** The budget as `name size`, with `moves` where the error may only move to another deployment, or why there is none. */
function budget(kind: ErrorKind, set: Partial<GroupPlan>, deploymentRetries?: number, notRetried?: string): string {
  const plan = groupPlan(set);
  const found = budgetFor({ kind, notRetriedByDefault: notRetried ?? null }, plan, { numRetries: deploymentRetries });
  return found.name === null ? found.reason : `${found.name} ${found.size}${found.moveOnly ? ' moves' : ''}`;
}

describe('the policy field of a kind: its own, then that of its parent, then DefaultRetries', () => {
  const all = Object.fromEntries(POLICY_FIELDS.map((field, index) => [field, index + 10])) as RetryPolicy;
  const cases: [kind: ErrorKind, order: string[]][] = [
    ['BadRequestError', ['BadRequestErrorRetries 10']],
    ['UnprocessableEntityError', ['BadRequestErrorRetries 10']],
    ['UnsupportedParamsError', ['UnsupportedParamsRetries 11', 'BadRequestErrorRetries 10']],
    ['ContentPolicyViolationError', ['ContentPolicyViolationErrorRetries 12', 'BadRequestErrorRetries 10']],
    ['PaymentRequiredError', ['BadRequestErrorRetries 10', 'num_retries 2 moves']],
    ['AuthenticationError', ['AuthenticationErrorRetries 13', 'num_retries 2 moves']],
    ['PermissionDeniedError', ['AuthenticationErrorRetries 13', 'num_retries 2 moves']],
    ['NotFoundError', ['NotFoundErrorRetries 14', 'num_retries 2 moves']],
    ['Timeout', ['TimeoutErrorRetries 15', 'DefaultRetries 19', 'num_retries 2']],
    ['ConflictError', ['DefaultRetries 19', 'num_retries 2']],
    ['RateLimitError', ['RateLimitErrorRetries 16', 'DefaultRetries 19', 'num_retries 2']],
    ['InternalServerError', ['InternalServerErrorRetries 17', 'DefaultRetries 19', 'num_retries 2']],
    ['BadGatewayError', ['InternalServerErrorRetries 17', 'DefaultRetries 19', 'num_retries 2']],
    [
      'ServiceUnavailableError',
      ['ServiceUnavailableErrorRetries 18', 'InternalServerErrorRetries 17', 'DefaultRetries 19', 'num_retries 2'],
    ],
    [
      'GatewayTimeoutError',
      ['InternalServerErrorRetries 17', 'TimeoutErrorRetries 15', 'DefaultRetries 19', 'num_retries 2'],
    ],
    ['APIConnectionError', ['InternalServerErrorRetries 17', 'DefaultRetries 19', 'num_retries 2']],
    ['InvalidResponseError', ['InternalServerErrorRetries 17', 'DefaultRetries 19', 'num_retries 2']],
    ['JSONSchemaValidationError', ['DefaultRetries 19', 'num_retries 2']],
  ];
  test.each(cases)('%s: %j', (kind, order) => {
    let retryPolicy = all;
    for (const expected of order) {
      expect(budget(kind, { retryPolicy })).toBe(expected);
      // The next one is asked when the one before it is unset.
      retryPolicy = { ...retryPolicy, [expected.split(' ')[0]!]: undefined };
    }
    if (!ERROR_KINDS[kind].mayMove) {
      expect(budget(kind, { retryPolicy })).toBe(`${kind} is not retried unless a policy field asks for it`);
    }
  });

  const never = ERROR_KIND_NAMES.filter((kind) => ERROR_KINDS[kind].retried === 'never');
  test.each(never)('%s is never retried, whatever the policy says', (kind) => {
    expect(budget(kind, { retryPolicy: all, requestNumRetries: 5 })).toBe(`${kind} is never retried in the group`);
  });

  test('a field of 0 is set', () => {
    expect(budget('RateLimitError', { retryPolicy: { RateLimitErrorRetries: 0, DefaultRetries: 9 } })).toBe(
      'RateLimitErrorRetries 0',
    );
  });
});

describe('num_retries', () => {
  const policy = { RateLimitErrorRetries: 5 };
  const cases: [
    what: string,
    kind: ErrorKind,
    set: Partial<GroupPlan>,
    deployment: number | undefined,
    result: string,
  ][] = [
    [
      '0 in the request beats everything',
      'RateLimitError',
      { requestNumRetries: 0, retryPolicy: policy },
      4,
      'num_retries: 0 switches retries off',
    ],
    [
      '0 in the request stops moves too',
      'AuthenticationError',
      { requestNumRetries: 0 },
      4,
      'num_retries: 0 switches retries off',
    ],
    [
      'a policy field beats the request',
      'RateLimitError',
      { requestNumRetries: 1, retryPolicy: policy },
      4,
      'RateLimitErrorRetries 5',
    ],
    ['the request beats the deployment', 'RateLimitError', { requestNumRetries: 1 }, 4, 'num_retries 1'],
    ['the deployment that failed beats the router', 'RateLimitError', { numRetries: 3 }, 4, 'num_retries 4'],
    ['0 of the deployment is set', 'RateLimitError', { numRetries: 3 }, 0, 'num_retries 0'],
    ['the router is last', 'RateLimitError', { numRetries: 3 }, undefined, 'num_retries 3'],
    [
      '0 of the router leaves the policy alone',
      'RateLimitError',
      { numRetries: 0, retryPolicy: policy },
      undefined,
      'RateLimitErrorRetries 5',
    ],
    ['moves share its count', 'NotFoundError', { requestNumRetries: 1 }, 4, 'num_retries 1 moves'],
    [
      'an error that no deployment helps has none',
      'BadRequestError',
      { requestNumRetries: 7 },
      4,
      'BadRequestError is not retried unless a policy field asks for it',
    ],
  ];
  test.each(cases)('%s', (_, kind, set, deployment, result) => {
    expect(budget(kind, set, deployment)).toBe(result);
  });
});

describe('an error that is not retried by default this time (x-should-retry: false, insufficient_quota)', () => {
  const cases: [what: string, kind: ErrorKind, retryPolicy: RetryPolicy, result: string][] = [
    ['may still move', 'RateLimitError', {}, 'num_retries 2 moves'],
    ['is not covered by DefaultRetries', 'RateLimitError', { DefaultRetries: 4 }, 'num_retries 2 moves'],
    ['is covered by the field of its kind', 'RateLimitError', { RateLimitErrorRetries: 4 }, 'RateLimitErrorRetries 4'],
    [
      'is covered by the field of its parent',
      'BadGatewayError',
      { InternalServerErrorRetries: 4 },
      'InternalServerErrorRetries 4',
    ],
    [
      'is not covered by the field of another kind',
      'RateLimitError',
      { InternalServerErrorRetries: 4 },
      'num_retries 2 moves',
    ],
  ];
  test.each(cases)('%s', (_, kind, retryPolicy, result) => {
    expect(budget(kind, { retryPolicy }, undefined, 'the provider said so')).toBe(result);
  });
});
