import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ERROR_KIND_NAMES, ERROR_KINDS, type ErrorKind } from '../../../src/core/errors/error-kinds.js';
import type { DeploymentPlan, RetryPolicy } from '../../../src/core/plan/settings.js';
import { deployment } from '../build.js';
import { runGroup } from '../run-group.js';

const INTERNAL = 'InternalServerError';
const RATE = 'RateLimitError';
const AUTH = 'AuthenticationError';

describe('a group from its first attempt to its end', () => {
  const one = [deployment('a')];
  const primaryAndStandbys = [deployment('p'), deployment('s', { order: 2 }), deployment('t', { order: 3 })];
  const three = [deployment('a'), deployment('b'), deployment('c')];
  const cases: [what: string, errors: ErrorKind[], set: Parameters<typeof runGroup>[1], asked: string][] = [
    ['2 retries by default', [RATE], { deployments: one }, 'a a a'],
    [
      '500, 429, 429… under {InternalServer: 1, RateLimit: 5}: each field counts its own failures',
      [INTERNAL, RATE],
      { deployments: one, retryPolicy: { InternalServerErrorRetries: 1, RateLimitErrorRetries: 5 } },
      'a a a a a a a',
    ],
    [
      'the current error decides: 429 (3 retries), then 401 (0)',
      [RATE, AUTH],
      { deployments: one, retryPolicy: { RateLimitErrorRetries: 3, AuthenticationErrorRetries: 0 } },
      'a a',
    ],
    ['kinds without a field share one count', [RATE, INTERNAL, 'Timeout'], { deployments: one }, 'a a a'],
    [
      'a kind with a field does not use up the shared count',
      [RATE, RATE, INTERNAL],
      { deployments: one, retryPolicy: { RateLimitErrorRetries: 2 } },
      'a a a a a',
    ],
    [
      'kinds that share a field share its count',
      [INTERNAL, 'BadGatewayError', 'APIConnectionError'],
      { deployments: one, retryPolicy: { InternalServerErrorRetries: 1 } },
      'a a',
    ],
    [
      'num_retries: 0 in the request',
      [RATE],
      { deployments: one, requestNumRetries: 0, retryPolicy: { RateLimitErrorRetries: 5 } },
      'a',
    ],
    [
      'num_retries_per_request',
      [RATE],
      { deployments: one, retryPolicy: { RateLimitErrorRetries: 5 }, retriesLeftInCall: 1 },
      'a a',
    ],
    ['a wrong key is tried on each deployment', [AUTH], { deployments: three }, 'a b c'],
    ['moves are retries on the shared count', [AUTH], { deployments: three, numRetries: 1 }, 'a b'],
    [
      'a wrong key is not tried again on the deployment that refused it',
      [AUTH],
      { deployments: three.slice(0, 2), numRetries: 9 },
      'a b',
    ],
    ['num_retries: 0 stops moves', [AUTH], { deployments: three, requestNumRetries: 0 }, 'a'],
    ['all have failed: among all again', [RATE], { deployments: three.slice(0, 2), numRetries: 3 }, 'a b a a'],
    [
      'while budget is left, a higher order is a retry',
      [RATE],
      { deployments: primaryAndStandbys, numRetries: 2 },
      'p s t',
    ],
    ['then the standbys that are left, uncharged', [RATE], { deployments: primaryAndStandbys, numRetries: 1 }, 'p s t'],
    ['standbys against num_retries: 0', [RATE], { deployments: primaryAndStandbys, requestNumRetries: 0 }, 'p s t'],
    [
      'standbys against num_retries_per_request',
      [RATE],
      { deployments: primaryAndStandbys, retriesLeftInCall: 0 },
      'p s t',
    ],
    ['no standby for a bad request', ['BadRequestError'], { deployments: primaryAndStandbys }, 'p'],
    [
      'a failure of a standby is decided like any other: its kind has budget left',
      [AUTH, RATE],
      {
        deployments: primaryAndStandbys.slice(0, 2),
        requestNumRetries: 1,
        retryPolicy: { AuthenticationErrorRetries: 0, RateLimitErrorRetries: 2 },
      },
      'p s p p',
    ],
    [
      'num_retries of the deployment that just failed',
      [RATE],
      { deployments: [deployment('a', { numRetries: 2 }), deployment('b', { numRetries: 1 })] },
      'a b',
    ],
  ];
  test.each(cases)('%s', (_, errors, set, asked) => {
    expect(runGroup(errors, set).asked.join(' ')).toBe(asked);
  });

  test('what is charged, and what is not', () => {
    const result = runGroup([RATE, INTERNAL, RATE], {
      deployments: primaryAndStandbys,
      retryPolicy: { RateLimitErrorRetries: 1, InternalServerErrorRetries: 0 },
    });
    const { retries, failures, ended, attempts, lastBudgetSize, failedDeployments } = result.progress;
    expect({ asked: result.asked, retries, failures, ended, attempts, lastBudgetSize, failedDeployments }).toEqual({
      asked: ['p', 's', 't'],
      retries: 1,
      failures: { RateLimitErrorRetries: 2, InternalServerErrorRetries: 1 },
      ended: 3,
      attempts: 3,
      lastBudgetSize: 1,
      failedDeployments: ['p', 's', 't'],
    });
  });
});

/** The rules of retries once more, as short as they can be said: written from the rules, not from the code. */
interface Model {
  policy: RetryPolicy;
  requestNumRetries: number | undefined;
  numRetries: number;
  deployments: readonly DeploymentPlan[];
  retriesLeftInCall: number | null;
}

const FIELDS: Partial<Record<ErrorKind, string>> = {
  BadRequestError: 'BadRequest',
  UnprocessableEntityError: 'BadRequest',
  UnsupportedParamsError: 'UnsupportedParams BadRequest',
  ContentPolicyViolationError: 'ContentPolicyViolation BadRequest',
  PaymentRequiredError: 'BadRequest',
  AuthenticationError: 'Authentication',
  PermissionDeniedError: 'Authentication',
  NotFoundError: 'NotFound',
  Timeout: 'Timeout',
  RateLimitError: 'RateLimit',
  InternalServerError: 'InternalServer',
  BadGatewayError: 'InternalServer',
  ServiceUnavailableError: 'ServiceUnavailable InternalServer',
  GatewayTimeoutError: 'InternalServer Timeout',
  APIConnectionError: 'InternalServer',
  InvalidResponseError: 'InternalServer',
};
const FIRST_NOT_RETRIED = ERROR_KIND_NAMES.slice(0, ERROR_KIND_NAMES.indexOf('Timeout'));
const MOVING = ['PaymentRequiredError', 'AuthenticationError', 'PermissionDeniedError', 'NotFoundError'];

/** The attempts of a group whose n-th attempt fails with the n-th kind, the last one for ever. */
function modelOf(errors: readonly ErrorKind[], model: Model): string[] {
  const asked: string[] = [];
  const counts = new Map<string, number>();
  let retriesLeft = model.retriesLeftInCall ?? Infinity;
  let next: string | null = null;
  const order = (id: string) => model.deployments.find((one) => one.id === id)!.order ?? 1;
  const ids = model.deployments.map(({ id }) => id);
  const lowestOf = (some: string[]) => some.toSorted((x, y) => order(x) - order(y))[0] ?? null;
  for (;;) {
    const untriedBefore = ids.filter((id) => !asked.includes(id));
    const now: string = next ?? lowestOf(untriedBefore) ?? lowestOf(ids)!;
    const kind = errors[asked.length] ?? errors.at(-1)!;
    asked.push(now);
    const untried = ids.filter((id) => !asked.includes(id));
    const byDefault = !FIRST_NOT_RETRIED.includes(kind);
    const moves = byDefault || MOVING.includes(kind);

    const fields = (FIELDS[kind] ?? '').split(' ').map((name) => (name.endsWith('Params') ? name : `${name}Error`));
    const names = [...fields.map((name) => `${name}Retries`), ...(byDefault ? ['DefaultRetries'] : [])];
    const policy = model.policy as Record<string, number | undefined>;
    const field = names.find((name) => policy[name] !== undefined);
    const { numRetries } = model.deployments.find(({ id }) => id === now)!;
    const shared = model.requestNumRetries ?? numRetries ?? model.numRetries;
    const name = field ?? (moves ? 'shared' : null);
    let retried = false;
    if (name !== null && model.requestNumRetries !== 0 && kind !== 'ContextWindowExceededError') {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      const size = field === undefined ? shared : policy[field]!;
      const may = field !== undefined || byDefault || untried.length > 0;
      retried = may && counts.get(name)! <= size && retriesLeft > 0;
    }
    next = null;
    if (retried) {
      retriesLeft -= 1;
      continue;
    }
    const lowest = Math.min(...ids.map(order));
    next = moves ? lowestOf(untried.filter((id) => order(id) > lowest)) : null;
    if (next === null) return asked;
  }
}

const kinds = ERROR_KIND_NAMES.slice(0, ERROR_KIND_NAMES.indexOf('ConfigError'));
const count = fc.integer({ min: 0, max: 4 });
const anyPolicy = fc.record(
  {
    BadRequestErrorRetries: count,
    UnsupportedParamsRetries: count,
    ContentPolicyViolationErrorRetries: count,
    AuthenticationErrorRetries: count,
    NotFoundErrorRetries: count,
    TimeoutErrorRetries: count,
    RateLimitErrorRetries: count,
    InternalServerErrorRetries: count,
    ServiceUnavailableErrorRetries: count,
    DefaultRetries: count,
  },
  { requiredKeys: [] },
);
const anyDeployments = fc
  .array(fc.record({ order: fc.integer({ min: 1, max: 3 }), numRetries: count }, { requiredKeys: [] }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((sets) => sets.map((set, index) => deployment(`d${index}`, set)));
const anyModel: fc.Arbitrary<Model> = fc.record({
  policy: anyPolicy,
  requestNumRetries: fc.option(count, { freq: 2, nil: undefined }),
  numRetries: count,
  deployments: anyDeployments,
  retriesLeftInCall: fc.option(count, { freq: 2 }),
});

test('for any policy and any errors, the attempts are those of the rules', () => {
  expect(FIRST_NOT_RETRIED.filter((kind) => ERROR_KINDS[kind].retried === 'by default')).toEqual([]);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 12 }), anyModel, (errors, model) => {
      const { policy: retryPolicy, ...set } = model;
      expect(runGroup(errors, { ...set, retryPolicy }).asked).toEqual(modelOf(errors, model));
    }),
    { numRuns: 1000 },
  );
});
