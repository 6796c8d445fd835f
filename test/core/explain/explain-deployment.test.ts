import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cooldownAfter, cooldownRules, resolveCooldown } from '../../../src/core/deployments/cooldown.js';
import { ERROR_KIND_NAMES } from '../../../src/core/errors/error-kinds.js';
import { explain } from '../../../src/core/explain/explain.js';
import type { ExplainedDeployment } from '../../../src/core/explain/explain-deployment.js';
import type { DeploymentLimits, OperationalSettings } from '../../../src/core/deployments/operational.js';
import { config, deployment, explainable, failure } from '../build.js';

/** What is told of `a1`, alone in its group or with another deployment. */
function told(settings: Partial<OperationalSettings>, isOnly = false): ExplainedDeployment {
  const deployments = [deployment('a1'), ...(isOnly ? [] : [deployment('a2')])];
  const explanation = explain(explainable(config([], { groups: { a: deployments } }), settings), {}, 'a');
  return explanation!.groups[0]!.deployments[0]!;
}

const own = (limits: DeploymentLimits) => ({ deployments: { a1: limits } });

describe('limits of a deployment', () => {
  test('none by default, and 0 is none', () => {
    const none = { value: null, source: 'default' };
    expect(told({})).toMatchObject({ rpm: none, tpm: none, maxParallelRequests: none });
    expect(told(own({ rpm: 0 })).rpm.value).toBeNull();
  });

  test('its own, and those of the router', () => {
    expect(told({ maxParallelRequests: 9, ...own({ rpm: 7, tpm: 8 }) })).toMatchObject({
      rpm: { value: 7, source: 'rpm of deployment a1' },
      tpm: { value: 8, source: 'tpm of deployment a1' },
      maxParallelRequests: { value: 9, source: 'router_settings.default_max_parallel_requests' },
    });
    expect(told({ maxParallelRequests: 9, ...own({ maxParallelRequests: 3 }) }).maxParallelRequests).toEqual({
      value: 3,
      source: 'max_parallel_requests of deployment a1',
    });
  });
});

describe('when a deployment cools', () => {
  const AT_ONCE = ['PaymentRequiredError', 'AuthenticationError', 'PermissionDeniedError', 'NotFoundError'];
  const row = (settings: Partial<OperationalSettings>, kind: string, isOnly = false) => {
    const limit = told(settings, isOnly).cooldown.limits.find(({ kinds }) => kinds.some((name) => name === kind));
    return limit === undefined ? null : [limit.failures, limit.ofTheKind, limit.source];
  };

  test('by default', () => {
    const { lastsMs, limits } = told({}).cooldown;
    expect(lastsMs).toEqual({ value: 5000, source: 'default' });
    expect(limits).toMatchObject([
      { failures: 1, ofTheKind: false, source: 'the error itself' },
      { failures: 4, ofTheKind: false, source: 'default' },
    ]);
    expect(limits[0]?.kinds).toEqual([...AT_ONCE, 'RateLimitError']);
  });

  test('never, if it is the only one and nothing is set, or cooldowns are off', () => {
    expect(told({}, true).cooldown.limits).toEqual([]);
    expect(told({ disableCooldowns: true }).cooldown).toEqual({
      lastsMs: { value: 0, source: 'router_settings.disable_cooldowns' },
      limits: [],
    });
    expect(told(own({ cooldownMs: 0 })).cooldown).toEqual({
      lastsMs: { value: 0, source: 'cooldown_time of deployment a1' },
      limits: [],
    });
  });

  test('by what is set, the deployment before the router before LiteLLM', () => {
    expect(row({ litellmAllowedFails: 1 }, 'Timeout')).toEqual([2, false, 'litellm_settings.allowed_fails']);
    expect(row({ allowedFails: 2, litellmAllowedFails: 1 }, 'Timeout', true)).toEqual([
      3,
      false,
      'router_settings.allowed_fails',
    ]);
    expect(row({ allowedFails: 2, ...own({ allowedFails: 0 }) }, 'Timeout')).toEqual([
      1,
      false,
      'allowed_fails of deployment a1',
    ]);
    const allowedFailsPolicy = { RateLimitErrorAllowedFails: 6 };
    const source = 'router_settings.allowed_fails_policy.RateLimitErrorAllowedFails';
    expect(row({ allowedFailsPolicy }, 'RateLimitError')).toEqual([7, true, source]);
    expect(row({ allowedFailsPolicy, ...own({ allowedFailsPolicy: {} }) }, 'RateLimitError')?.[0]).toBe(1);
    expect(told({ cooldownMs: 700 }).cooldown.lastsMs).toEqual({ value: 700, source: 'router_settings.cooldown_time' });
  });
});

const count = fc.integer({ min: 0, max: 4 });
const optional = { requiredKeys: [] };
const policy = fc.record(
  { RateLimitErrorAllowedFails: count, InternalServerErrorAllowedFails: count, AuthenticationErrorAllowedFails: count },
  optional,
);
const cooling = { allowedFails: count, allowedFailsPolicy: policy, cooldownMs: fc.constantFrom(0, 700) };

test('what is explained is what cools, for every kind and count of failures', () => {
  const settings = fc.record(
    {
      ...cooling,
      litellmAllowedFails: count,
      disableCooldowns: fc.boolean(),
      deployments: fc.record({ a1: fc.record(cooling, optional) }, optional),
    },
    { requiredKeys: ['deployments'] },
  );
  fc.assert(
    fc.property(settings, fc.boolean(), count, count, (operational, isOnly, others, ofKind) => {
      const { lastsMs, limits } = told(operational, isOnly).cooldown;
      const rules = cooldownRules(resolveCooldown(operational, deployment('a1')), isOnly);
      for (const kind of ERROR_KIND_NAMES) {
        const recent = { all: others + ofKind + 1, ofKind: ofKind + 1 };
        const limit = limits.find(({ kinds }) => kinds.includes(kind));
        const cools = limit !== undefined && (limit.ofTheKind ? recent.ofKind : recent.all) >= limit.failures;
        expect(cooldownAfter(failure(kind), recent, rules)).toBe(cools ? lastsMs.value : 0);
      }
    }),
  );
});
