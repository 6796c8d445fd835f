import { describe, expect, test } from 'vitest';
import { cooldownAfter, isDeploymentsFault, type CooldownRules } from '../../../src/core/deployments/cooldown.js';
import type { ErrorKind } from '../../../src/core/errors/error-kinds.js';
import { failure } from '../build.js';

const rules = (set: Partial<CooldownRules> = {}): CooldownRules => ({ cooldownMs: 5000, isOnly: false, ...set });
const once = { all: 1, ofKind: 1 };

describe('whose fault a failure is', () => {
  test.each<[string, ErrorKind, boolean, boolean]>([
    ['a 429', 'RateLimitError', false, true],
    ['a 500', 'InternalServerError', false, true],
    ['an attempt timeout', 'Timeout', false, true],
    ['the end of the caller’s time', 'Timeout', true, false],
    ['a bad request', 'BadRequestError', false, false],
    ['a prompt that is too long', 'ContextWindowExceededError', false, false],
  ])('%s', (_, kind, deadlineReached, deploymentsFault) => {
    expect(isDeploymentsFault(failure(kind, { deadlineReached }))).toBe(deploymentsFault);
  });
});

describe('how long a deployment cools', () => {
  test.each<[string, ErrorKind, { all: number; ofKind: number }, Partial<CooldownRules>, number]>([
    ['a 429: at once', 'RateLimitError', once, {}, 5000],
    ['a 401: at once', 'AuthenticationError', once, {}, 5000],
    ['a 403: at once', 'PermissionDeniedError', once, {}, 5000],
    ['a 404: at once', 'NotFoundError', once, {}, 5000],
    ['a 402: at once', 'PaymentRequiredError', once, {}, 5000],
    ['a 500: not yet', 'InternalServerError', once, {}, 0],
    ['three failures in a minute: not yet', 'InternalServerError', { all: 3, ofKind: 3 }, {}, 0],
    ['more than three failures in a minute', 'InternalServerError', { all: 4, ofKind: 1 }, {}, 5000],
    ['more than allowed_fails', 'InternalServerError', { all: 2, ofKind: 2 }, { allowedFails: 1 }, 5000],
    [
      'as many as the policy of its kind allows',
      'RateLimitError',
      { all: 9, ofKind: 2 },
      { allowedFailsPolicy: { RateLimitErrorAllowedFails: 2 } },
      0,
    ],
    [
      'more than the policy of its kind allows',
      'RateLimitError',
      { all: 3, ofKind: 3 },
      { allowedFailsPolicy: { RateLimitErrorAllowedFails: 2 } },
      5000,
    ],
    ['a kind without a field in the policy', 'ConflictError', { all: 4, ofKind: 4 }, { allowedFailsPolicy: {} }, 5000],
    ['the only deployment: never by itself', 'RateLimitError', { all: 99, ofKind: 99 }, { isOnly: true }, 0],
    [
      'the only deployment, beyond allowed_fails',
      'RateLimitError',
      { all: 1, ofKind: 1 },
      { isOnly: true, allowedFails: 0 },
      5000,
    ],
    ['the only deployment, within allowed_fails', 'AuthenticationError', once, { isOnly: true, allowedFails: 1 }, 0],
    ['cooldown_time: 0', 'RateLimitError', once, { cooldownMs: 0 }, 0],
    ['a caller’s error', 'BadRequestError', { all: 99, ofKind: 99 }, {}, 0],
  ])('%s', (_, kind, recent, set, coolsMs) => {
    expect(cooldownAfter(failure(kind), recent, rules(set))).toBe(coolsMs);
  });

  test('as long as the provider says, when it does', () => {
    expect(cooldownAfter(failure('RateLimitError', { retryAfterMs: 12_000 }), once, rules())).toBe(12_000);
  });
});
