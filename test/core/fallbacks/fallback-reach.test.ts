import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallPlan, FallbackLists } from '../../../src/core/plan/call-plan.js';
import type { ErrorKind } from '../../../src/core/errors/error-kinds.js';
import { reachOf } from '../../../src/core/fallbacks/fallback-reach.js';
import { nextGroup, outlook, startWalk } from '../../../src/core/fallbacks/fallback-walk.js';
import { resolvePlan } from '../../../src/core/call/resolve-plan.js';
import { resolveCall } from '../../../src/core/plan/resolve-settings.js';
import type { FallbackEntry, RequestSettings, RoutingConfig } from '../../../src/core/plan/settings.js';
import { callPlan, config, deployment, entries, lists, rules } from '../build.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'];

describe('what a walk from the group a can come to', () => {
  type Lists = Partial<FallbackLists>;
  const cases: [what: string, set: Lists, maxFallbacks: number, kept: Lists, names: string][] = [
    ['nothing', {}, 5, {}, 'a'],
    ['nothing of other groups', { fallbacks: rules({ b: ['c'] }) }, 5, {}, 'a'],
    [
      'rules of groups that it comes to',
      { fallbacks: rules({ a: ['b'], b: ['c'], d: ['e'] }) },
      5,
      { fallbacks: rules({ a: ['b'], b: ['c'] }) },
      'a b c',
    ],
    [
      'by another list, too',
      { fallbacks: rules({ b: ['c'] }), contextWindow: rules({ a: ['b'] }) },
      5,
      { fallbacks: rules({ b: ['c'] }), contextWindow: rules({ a: ['b'] }) },
      'a b c',
    ],
    [
      'nothing with max_fallbacks: 0',
      { fallbacks: rules({ a: ['b'], '*': ['c'] }), defaults: entries('d') },
      0,
      {},
      'a',
    ],
    [
      'as many groups in a row as max_fallbacks',
      { fallbacks: rules({ a: ['b'], b: ['c'], c: ['d'] }) },
      2,
      { fallbacks: rules({ a: ['b'], b: ['c'] }) },
      'a b c',
    ],
    [
      'as many entries of a list, unknown ones not counted',
      { fallbacks: rules({ a: ['b', 'nobody', 'c', 'gone', 'd'] }), defaults: entries('b', 'c', 'd') },
      2,
      { fallbacks: rules({ a: ['b', 'nobody', 'c'] }), defaults: entries('b', 'c') },
      'a b c',
    ],
    [
      'a group once in a list, and never the first one',
      { fallbacks: rules({ a: ['a', 'b', { group: 'b', settings: { numRetries: 0 } }, 'c'] }) },
      5,
      { fallbacks: rules({ a: ['b', 'c'] }) },
      'a b c',
    ],
    [
      'a rule that is used up is a match all the same',
      { fallbacks: rules({ a: ['b'] }), contextWindow: rules({ a: ['a'] }) },
      5,
      { fallbacks: rules({ a: ['b'] }), contextWindow: rules({ a: [] }) },
      'a b',
    ],
    [
      'the first rule that fits a group',
      { fallbacks: [...rules({ a: ['b'], '*': ['c'] }), ...rules({ a: ['d'], '*': ['e'] })] },
      5,
      { fallbacks: rules({ a: ['b'], '*': ['c'] }) },
      'a b c',
    ],
    [
      'a group that is near by one way and far by another: its rules are needed',
      { fallbacks: rules({ a: ['b'], b: ['c'], c: ['d'] }), contextWindow: rules({ a: ['c'] }) },
      2,
      { fallbacks: rules({ a: ['b'], b: ['c'], c: ['d'] }), contextWindow: rules({ a: ['c'] }) },
      'a b c d',
    ],
    [
      'fallbacks of the request matter to blocked answers',
      { fallbacks: rules({ '*': ['b'] }), contentPolicy: rules({ a: ['b'] }), fromRequest: true },
      5,
      { fallbacks: rules({ '*': ['b'] }), contentPolicy: rules({ a: ['b'] }), fromRequest: true },
      'a b',
    ],
    [
      'not without a list for them',
      { fallbacks: rules({ '*': ['b'] }), fromRequest: true },
      5,
      { fallbacks: rules({ '*': ['b'] }) },
      'a b',
    ],
  ];
  test.each(cases)('%s', (_, set, maxFallbacks, kept, names) => {
    const first = { entry: { group: 'a' }, deployments: [deployment('a1')] };
    const reach = reachOf(config(NAMES), lists(set), first, maxFallbacks);
    expect([reach.lists, [...reach.groups.keys()].toSorted().join(' ')]).toEqual([kept, names]);
  });
});

const anyName = fc.constantFrom('a', 'b', 'c', 'd', 'openai/b', 'a-0613', 'x', 'nobody', 'gone');
const anyEntries: fc.Arbitrary<FallbackEntry[]> = fc.array(
  fc.record({ group: anyName, body: fc.record({ temperature: fc.nat(2) }) }, { requiredKeys: ['group'] }),
  { maxLength: 4 },
);
const anyRules = fc.array(fc.record({ key: fc.oneof(anyName, fc.constantFrom('*', '')), entries: anyEntries }), {
  maxLength: 5,
});
const anyRouter = fc.record({
  fallbacks: anyRules,
  contextWindowFallbacks: anyRules,
  contentPolicyFallbacks: anyRules,
  defaultFallbacks: anyEntries,
});
const anyRequest: fc.Arbitrary<RequestSettings> = fc.record(
  { maxFallbacks: fc.nat(6), fallbacks: anyRules, contentPolicyFallbacks: anyRules },
  { requiredKeys: ['maxFallbacks'] },
);
const anyKinds = fc.array(
  fc.constantFrom<ErrorKind>('Timeout', 'ContextWindowExceededError', 'ContentPolicyViolationError'),
  { minLength: 1, maxLength: 8 },
);

/** All that a call sees of its walk when its groups end with these errors. */
function seen(plan: CallPlan, kinds: readonly ErrorKind[]): unknown[] {
  const steps: unknown[] = [plan.first, plan.passedOver];
  let state = startWalk(plan);
  for (const kind of kinds) {
    const step = nextGroup(plan, state, kind);
    steps.push([outlook(plan, state), step.entry, step.unknown]);
    state = step.state;
  }
  return steps;
}

test('a walk over what the plan has kept is the walk over everything', () => {
  const names = ['a', 'b', 'c', 'd', 'openai/b', 'a-0613'];
  const property = fc.property(
    anyRouter,
    anyRequest,
    fc.constantFrom(...names, 'x', 'unknown'),
    anyKinds,
    (router, request, model, kinds) => {
      const built = config(names, { aliases: { x: 'c' }, router });
      const result = resolvePlan(built, request, model);
      if ('plan' in result) expect(seen(result.plan, kinds)).toEqual(seen(whole(built, request, result.plan), kinds));
    },
  );
  fc.assert(property, { numRuns: 2000 });
});

/** The plan with all groups, aliases and fallbacks of its config. */
function whole(built: RoutingConfig, request: RequestSettings, plan: CallPlan): CallPlan {
  const { groups } = callPlan(Object.keys(built.groups));
  const { lists: all, maxFallbacks } = resolveCall(built, request);
  // Those up to the default group that stands for an unknown model are passed over from the start.
  const defaults = plan.standsFor === undefined ? all.defaults : all.defaults.slice(all.defaults.indexOf(plan.first));
  return { ...plan, aliases: built.aliases, groups, lists: { ...all, defaults }, maxFallbacks: maxFallbacks.value };
}
