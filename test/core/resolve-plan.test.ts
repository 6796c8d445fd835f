import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallPlan } from '../../src/core/call-plan.js';
import type { ErrorKind } from '../../src/core/error-kinds.js';
import { planForEntry, planGroup, resolveCall, resolveGroup, resolvePlan } from '../../src/core/resolve-plan.js';
import type { RequestSettings, RoutingConfig } from '../../src/core/settings.js';
import { config, deployment, entries, groupPlan, rules } from './build.js';
import { walkAll } from './walk-all.js';

describe('the plan of a group', () => {
  test('holds the resolved values', () => {
    const set = {
      router: {
        numRetries: 3,
        timeoutMs: 4,
        streamTimeoutMs: 9,
        streamIdleTimeoutMs: 10,
        retryAfterMs: 5,
        maxRetryDelayMs: 6,
        maxLostAttempts: 7,
        retryPolicy: { DefaultRetries: 8 },
      },
    };
    const built = config(['a'], set);
    expect(planGroup(built, resolveGroup(built, { numRetries: 0, streamTimeoutMs: 11 }, 'a'))).toEqual(
      groupPlan({
        retryPolicy: { DefaultRetries: 8 },
        requestNumRetries: 0,
        numRetries: 3,
        timeoutMs: 4,
        requestStreamTimeoutMs: 11,
        streamTimeoutMs: 9,
        streamIdleTimeoutMs: 10,
        retryAfterMs: 5,
        maxRetryDelayMs: 6,
        maxLostAttempts: 7,
      }),
    );
  });

  test('of a group that does not exist has no deployments, whatever it is called', () => {
    const built = config(['a']);
    const deployments = ['b', 'constructor'].map((name) => planGroup(built, resolveGroup(built, {}, name)).deployments);
    expect(deployments).toEqual([[], []]);
  });

  test('a fallback entry overrides the fields it sets, for its group only', () => {
    const plan = groupPlan({ retryPolicy: { RateLimitErrorRetries: 1, DefaultRetries: 1 }, requestNumRetries: 4 });
    const before = structuredClone(plan);
    const settings = { numRetries: 0, retryPolicy: { DefaultRetries: 3 }, timeoutMs: 5000, streamTimeoutMs: 700 };
    expect([
      planForEntry(plan, { group: 'a', settings }),
      planForEntry(plan, { group: 'a', settings: {} }),
      planForEntry(plan, { group: 'a' }),
    ]).toEqual([
      {
        ...plan,
        retryPolicy: { RateLimitErrorRetries: 1, DefaultRetries: 3 },
        requestNumRetries: 0,
        requestStreamTimeoutMs: 700,
        totalMs: 5000,
      },
      plan,
      plan,
    ]);
    expect(plan).toEqual(before);
  });
});

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
    const plan = planned(built, 'a', { timeoutMs: 1000, maxFallbacks: 2 });
    expect({ ...plan, groups: Object.keys(plan.groups).toSorted() }).toEqual({
      configHash: 'hash',
      passedOver: [],
      requested: 'a',
      first: { group: 'a' },
      firstNames: ['a'],
      firstIsDefault: false,
      groups: ['a', 'b', 'c', 'd', 'e'],
      aliases: { fast: 'c' },
      lists: resolveCall(built, {}).lists,
      maxFallbacks: 2,
      numRetriesPerRequest: 9,
      timeoutMs: 1000,
      fallbackReserve: 0.25,
    });
  });

  test('of an alias starts with its target and keeps both names', () => {
    const built = config(['a', 'b', 'c'], {
      aliases: { fast: 'a' },
      router: { fallbacks: rules({ fast: ['b'], a: ['c'] }) },
    });
    const { requested, first, firstNames, aliases, groups } = planned(built, 'fast');
    expect({ requested, first, firstNames, aliases, groups: Object.keys(groups).toSorted() }).toEqual({
      requested: 'fast',
      first: { group: 'fast' },
      firstNames: ['fast', 'a'],
      aliases: { fast: 'a' },
      groups: ['a', 'b'],
    });
  });

  test('without a cap and a total says so', () => {
    expect(planned(config(['a']), 'a')).toMatchObject({ numRetriesPerRequest: null, timeoutMs: null });
  });

  test('holds only JSON', () => {
    const plan = planned(config(['a', 'b'], { router: { fallbacks: rules({ a: ['b'] }) } }), 'a', { numRetries: 1 });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

describe('an unknown model', () => {
  const special = { group: 'b', settings: { numRetries: 0 } };

  test('is served by the first default group that exists, with its overrides', () => {
    const built = config(['a', 'b'], { router: { defaultFallbacks: entries('nobody', special, 'a') } });
    expect(planned(built, 'x')).toMatchObject({
      requested: 'x',
      first: special,
      firstNames: ['b'],
      firstIsDefault: true,
      passedOver: ['nobody'],
    });
  });

  test('by an alias too', () => {
    const built = config(['a'], { aliases: { fast: 'a' }, router: { defaultFallbacks: entries('fast') } });
    expect(planned(built, 'x')).toMatchObject({
      first: { group: 'fast' },
      firstNames: ['fast', 'a'],
      firstIsDefault: true,
    });
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
    expect(resolvePlan(config(['a'], set), request, 'x')).toEqual({ unknownModel: 'x', known: ['a'] });
  });

  test.each(['constructor', '__proto__', 'toString'])('may be called %s', (model) => {
    expect(resolvePlan(config(['a'], { aliases: { fast: 'a' } }), {}, model)).toEqual({
      unknownModel: model,
      known: ['a'],
    });
  });
});

const anyName = fc.constantFrom('a', 'b', 'c', 'd', 'openai/b', 'a-0613', 'x', 'nobody');
const anyEntries = fc.array(
  anyName.map((group) => ({ group })),
  { maxLength: 3 },
);
const anyRules = fc.array(fc.record({ key: fc.oneof(anyName, fc.constant('*')), entries: anyEntries }), {
  maxLength: 4,
});

test('the groups of a plan are enough for every walk: it goes as it would with all groups', () => {
  const names = ['a', 'b', 'c', 'd', 'openai/b', 'a-0613'];
  const anyRouter = fc.record({
    fallbacks: anyRules,
    contextWindowFallbacks: anyRules,
    contentPolicyFallbacks: anyRules,
    defaultFallbacks: anyEntries,
  });
  const kinds = fc.array(
    fc.constantFrom<ErrorKind>('Timeout', 'ContextWindowExceededError', 'ContentPolicyViolationError'),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(anyRouter, fc.constantFrom(...names, 'x'), kinds, (router, model, failures) => {
      const built = config(names, { aliases: { x: 'c' }, router });
      const plan = planned(built, model);
      const complete = {
        ...plan,
        aliases: built.aliases,
        groups: Object.fromEntries(names.map((group) => [group, groupPlan({ group })])),
      };
      expect(walkAll(plan, failures)).toEqual(walkAll(complete, failures));
    }),
    { numRuns: 300 },
  );
});

test('a deployment keeps what it sets', () => {
  const own = deployment('a1', { numRetries: 0, timeoutMs: 5, order: 2, weight: 3 });
  const built = config([], { groups: { a: [own] } });
  expect(planned(built, 'a').groups['a']?.deployments).toEqual([own]);
});
