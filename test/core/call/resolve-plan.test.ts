import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallPlan } from '../../../src/core/plan/call-plan.js';
import { planOfGroup } from '../../../src/core/call/group-start.js';
import { resolvePlan } from '../../../src/core/call/resolve-plan.js';
import { resolveGroup } from '../../../src/core/plan/resolve-settings.js';
import type { GroupSettings, RequestSettings, RoutingConfig } from '../../../src/core/plan/settings.js';
import type { Sourced } from '../../../src/core/common/sourced.js';
import { callPlan, commonPlan, config, deployment, entries, groupPlan, rules } from '../build.js';

function planned(built: RoutingConfig, model: string, request: RequestSettings = {}): CallPlan {
  const result = resolvePlan(built, request, model);
  if (!('plan' in result)) throw new Error(`no plan for ${model}`);
  return result.plan;
}

describe('the plan of a call', () => {
  test('holds what the call may do, and its groups as far as it can reach them', () => {
    const built = config(['a', 'b', 'c', 'd', 'e', 'f', 'not-reached'], {
      aliases: { fast: 'c', unused: 'd' },
      router: {
        fallbacks: rules({ a: ['b', 'nobody'], fast: ['d'], 'not-reached': ['f'] }),
        contextWindowFallbacks: rules({ b: ['fast'] }),
        contentPolicyFallbacks: rules({ '*': ['e'] }),
        numRetriesPerRequest: 9,
      },
    });
    const plan = planned(built, 'a', { timeoutMs: 1000, maxFallbacks: 3 });
    expect({ ...plan, groups: Object.keys(plan.groups).toSorted() }).toEqual({
      configHash: 'hash',
      first: { group: 'a' },
      common: commonPlan(),
      groups: ['a', 'b', 'c', 'd', 'e'],
      aliases: { fast: 'c' },
      lists: {
        fallbacks: rules({ a: ['b', 'nobody'], fast: ['d'] }),
        contextWindow: rules({ b: ['fast'] }),
        contentPolicy: rules({ '*': ['e'] }),
      },
      maxFallbacks: 3,
      numRetriesPerRequest: 9,
      timeoutMs: 1000,
      fallbackReserve: 0.25,
    });
  });

  test('says whether answers are judged by the schema of the request, where they are', () => {
    const on = config(['a'], { litellm: { validateSchema: true } });
    expect(planned(on, 'a').common).toEqual(commonPlan({ validateSchema: true }));
    expect(planned(on, 'a', { validateSchema: false }).common).toEqual(commonPlan());
    expect(planned(config(['a']), 'a', { validateSchema: true }).common).toEqual(commonPlan({ validateSchema: true }));
  });

  test('of a group without fallbacks holds little', () => {
    const built = config(['a', 'b', 'c'], { router: { fallbacks: rules({ b: ['c'] }) } });
    const { maxFallbacks: _none, ...plan } = callPlan(['a']);
    expect(planned(built, 'a')).toEqual(plan);
  });

  test('of an alias starts with its target and keeps both names', () => {
    const built = config(['a', 'b', 'c'], {
      aliases: { fast: 'a' },
      router: { fallbacks: rules({ fast: ['b'], a: ['c'] }) },
    });
    const { first, aliases, groups } = planned(built, 'fast');
    expect({ first, aliases, groups: Object.keys(groups).toSorted() }).toEqual({
      first: { group: 'fast' },
      aliases: { fast: 'a' },
      groups: ['a', 'b'],
    });
  });

  test('holds only JSON', () => {
    const plan = planned(config(['a', 'b'], { router: { fallbacks: rules({ a: ['b'] }) } }), 'a', { numRetries: 1 });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

describe('the plan of a group', () => {
  const router = {
    numRetries: 3,
    timeoutMs: 4,
    streamTimeoutMs: 9,
    streamIdleTimeoutMs: 10,
    retryAfterMs: 5,
    maxRetryDelayMs: 6,
    maxLostAttempts: 7,
    retryPolicy: { DefaultRetries: 8, TimeoutErrorRetries: 1 },
    modelGroupRetryPolicy: { b: { DefaultRetries: 8, TimeoutErrorRetries: 2 } },
    fallbacks: rules({ '*': ['b'] }),
  };
  const resolved = {
    retryPolicy: { DefaultRetries: 8, TimeoutErrorRetries: 1 },
    requestNumRetries: 0,
    numRetries: 3,
    timeoutMs: 4,
    retryAfterMs: 5,
    maxRetryDelayMs: 6,
    maxLostAttempts: 7,
  };

  test('has the resolved values', () => {
    const plan = planned(config(['a'], { router }), 'a', { numRetries: 0, streamTimeoutMs: 11 });
    expect(planOfGroup(plan, { group: 'a' })).toEqual(groupPlan(resolved));
  });

  test('of a request that asks for a stream has the time-outs of streams, too', () => {
    const plan = planned(config(['a'], { router }), 'a', { numRetries: 0, streamTimeoutMs: 11, stream: true });
    expect(planOfGroup(plan, { group: 'a' })).toEqual(
      groupPlan({ ...resolved, requestStreamTimeoutMs: 11, streamTimeoutMs: 9, streamIdleTimeoutMs: 10 }),
    );
    expect(planned(config(['a']), 'a', { stream: true }).common).toEqual(commonPlan({ streamIdleTimeoutMs: 60_000 }));
  });

  test('what groups have in common is kept once, what they have of their own with each', () => {
    const plan = planned(config(['a', 'b'], { router }), 'a');
    expect(plan.common.retryPolicy).toEqual(resolved.retryPolicy);
    expect(plan.groups).toEqual({
      a: { deployments: [deployment('a1')] },
      b: { deployments: [deployment('b1')], retryPolicy: { TimeoutErrorRetries: 2 } },
    });
    expect(planOfGroup(plan, { group: 'b' }).retryPolicy).toEqual({ DefaultRetries: 8, TimeoutErrorRetries: 2 });
  });

  test('a fallback entry overrides the fields it sets, for its group only', () => {
    const common = commonPlan({ retryPolicy: { RateLimitErrorRetries: 1, DefaultRetries: 1 }, requestNumRetries: 4 });
    const plan = callPlan(['a'], { common });
    const before = structuredClone(plan);
    const settings = { numRetries: 0, retryPolicy: { DefaultRetries: 3 }, timeoutMs: 5000, streamTimeoutMs: 700 };
    const whole = groupPlan(common);
    expect([
      planOfGroup(plan, { group: 'a', settings }),
      planOfGroup(plan, { group: 'a', settings: {} }),
      planOfGroup(plan, { group: 'a' }),
    ]).toEqual([
      {
        ...whole,
        retryPolicy: { RateLimitErrorRetries: 1, DefaultRetries: 3 },
        requestNumRetries: 0,
        requestStreamTimeoutMs: 700,
        totalMs: 5000,
      },
      whole,
      whole,
    ]);
    expect(plan).toEqual(before);
  });
});

describe('an unknown model', () => {
  const special = { group: 'b', settings: { numRetries: 0 } };

  test('is served by the first default group that exists, with its overrides', () => {
    const built = config(['a', 'b'], { router: { defaultFallbacks: entries('nobody', special, 'a') } });
    expect(planned(built, 'x')).toMatchObject({
      first: special,
      standsFor: 'x',
      passedOver: ['nobody'],
      lists: { defaults: entries('a') },
    });
  });

  test('by an alias too', () => {
    const built = config(['a'], { aliases: { fast: 'a' }, router: { defaultFallbacks: entries('fast') } });
    expect(planned(built, 'x')).toMatchObject({ first: { group: 'fast' }, standsFor: 'x', aliases: { fast: 'a' } });
  });

  test.each<[what: string, config: Partial<RoutingConfig>, request: RequestSettings]>([
    ['without default_fallbacks', {}, {}],
    ['with a "*" of fallbacks only', { router: { fallbacks: rules({ '*': ['a'] }) } }, {}],
    ['with default groups that do not exist', { router: { defaultFallbacks: entries('nobody') } }, {}],
    ['with disable_fallbacks', { router: { defaultFallbacks: entries('a') } }, { disableFallbacks: true }],
    [
      'with fallbacks of the request',
      { router: { defaultFallbacks: entries('a') } },
      { fallbacks: rules({ '*': ['a'] }) },
    ],
    ['with an alias of nothing', { aliases: { x: 'nobody' } }, {}],
  ])('is refused %s', (_, set, request) => {
    expect(resolvePlan(config(['a'], set), request, 'x')).toEqual({ unknownModel: 'x' });
  });

  test.each(['constructor', '__proto__', 'toString'])('may be called %s', (model) => {
    expect(resolvePlan(config(['a'], { aliases: { fast: 'a' } }), {}, model)).toEqual({
      unknownModel: model,
    });
  });
});

const optional = { requiredKeys: [] };
const count = fc.nat(3);
const anyPolicy = fc.record(
  { TimeoutErrorRetries: count, RateLimitErrorRetries: count, DefaultRetries: count },
  optional,
);
const anyGroupPolicies = fc.record({ a: anyPolicy, b: anyPolicy }, optional);
const policies = { retryPolicy: anyPolicy, modelGroupRetryPolicy: anyGroupPolicies, numRetries: count };
const anySettings: fc.Arbitrary<GroupSettings> = fc.record(
  { numRetries: count, retryPolicy: anyPolicy, timeoutMs: count, streamTimeoutMs: count },
  optional,
);

test('the plan of a group is what its layers of settings come to', () => {
  fc.assert(
    fc.property(
      fc.record(policies, optional),
      fc.record({ ...policies, streamTimeoutMs: count }, optional),
      anySettings,
      (layer, settings, ofEntry) => {
        const entry = { group: 'b', settings: ofEntry };
        const built = config(['a', 'b'], { router: { ...layer, fallbacks: rules({ a: [entry] }) } });
        const plan = planOfGroup(planned(built, 'a', { ...settings, stream: true }), entry);
        const { retryPolicy, ...resolved } = resolveGroup(built, settings, 'b', ofEntry);
        const { group: _group, deployments: _deployments, retryPolicy: policy, ...planValues } = plan;
        expect(policy).toEqual(valuesOf(retryPolicy));
        expect(planValues).toEqual(valuesOf(resolved));
      },
    ),
  );
});

/** The values of settings, of those that are set. */
function valuesOf(settings: object): Record<string, unknown> {
  const all = Object.entries(settings as Record<string, Sourced<unknown>>);
  return Object.fromEntries(all.flatMap(([name, { value }]) => (value === null ? [] : [[name, value]])));
}

test('a deployment keeps what it sets', () => {
  const own = deployment('a1', { numRetries: 0, timeoutMs: 5, order: 2, weight: 3 });
  const built = config([], { groups: { a: [own] } });
  expect(planned(built, 'a').groups['a']?.deployments).toEqual([own]);
});
