import { describe, expect, test } from 'vitest';
import { resolvePlan } from '../../../src/core/call/resolve-plan.js';
import { explain } from '../../../src/core/explain/explain.js';
import { approvalFor, walkBackFrom, walkPast } from '../../../src/core/fallbacks/fallback-approval.js';
import { nextGroup, startWalk } from '../../../src/core/fallbacks/fallback-walk.js';
import type { FallbackApproval } from '../../../src/core/plan/settings.js';
import { callPlan, config, explainable, lists, rules } from '../build.js';

const approvalOf = (...groups: string[]): FallbackApproval => ({ groups, timeoutMs: 1000, onTimeout: 'deny' });

describe('which groups ask first', () => {
  const built = (fallbackApproval?: FallbackApproval) => ({
    ...config(['a', 'b', 'c'], { router: { fallbacks: rules({ a: ['b'] }), fallbackApproval } }),
    aliases: { dear: 'b' },
  });
  const planned = (approval?: FallbackApproval) => {
    const result = resolvePlan(built(approval), {}, 'a');
    return 'plan' in result ? result.plan : null;
  };

  test.each([
    ['none, by default', undefined, undefined],
    ['those that the call can reach', approvalOf('b', 'c'), ['b']],
    ['by an alias, too', approvalOf('dear'), ['b']],
    ['none that it can reach', approvalOf('c'), undefined],
  ])('%s', (_what, approval, groups) => {
    expect(planned(approval)?.approval?.groups).toEqual(groups);
  });

  test('a plan has one group more than max_fallbacks for each that may be denied', () => {
    const fallbacks = rules({ a: ['b', 'c', 'd'] });
    const groupsFor = (maxFallbacks: number) => {
      const router = { fallbacks, fallbackApproval: approvalOf('b') };
      const result = resolvePlan(config(['a', 'b', 'c', 'd'], { router }), { maxFallbacks }, 'a');
      return 'plan' in result ? Object.keys(result.plan.groups) : [];
    };
    expect(groupsFor(0)).toEqual(['a']);
    expect(groupsFor(1)).toEqual(['a', 'b', 'c']);
  });

  test('an entry asks by the group that it leads to', () => {
    const plan = callPlan(['a', 'b'], { approval: approvalOf('b'), aliases: { dear: 'b' } });
    expect(approvalFor(plan, { group: 'dear' })).toEqual(approvalOf('b'));
    expect(approvalFor(plan, { group: 'a' })).toBeNull();
    expect(approvalFor(callPlan(['a', 'b']), { group: 'b' })).toBeNull();
  });

  test('explain says so; the group that is asked for does not ask', () => {
    const explanation = explain(explainable(built(approvalOf('a', 'b'))), {}, 'a');
    expect(explanation?.approval).toEqual(approvalOf('a', 'b'));
    expect(explanation?.walks[0]?.steps).toMatchObject([
      { group: 'a', asksFirst: false },
      { group: 'b', asksFirst: true },
    ]);
    expect(explain(explainable(built()), {}, 'a')?.approval).toBeNull();
  });
});

describe('the walk of a call that is not let through', () => {
  const plan = callPlan(['a', 'b', 'c', 'd'], { lists: lists({ fallbacks: rules({ a: ['b', 'c'], b: ['d'] }) }) });
  const before = startWalk(plan);
  const { state: after } = nextGroup(plan, before, 'InternalServerError');

  test('denied: the siblings of the group follow, not its own fallbacks, and it is no fallback of the call', () => {
    const walk = walkPast('b', after, before);
    expect(walk).toMatchObject({ tried: ['b', 'a'], lastNames: ['a'], fallbacks: 0 });
    const next = nextGroup(plan, walk, 'InternalServerError');
    expect(next).toMatchObject({ entry: { group: 'c' }, state: { fallbacks: 1 } });
    expect(nextGroup(plan, next.state, 'InternalServerError').entry).toBeNull();
  });

  test('led elsewhere: the group may still be asked for later', () => {
    expect(walkBackFrom(after, before)).toMatchObject({ tried: ['a'], lastNames: ['a'], fallbacks: 0 });
  });
});
