import { describe, expect, test } from 'vitest';
import type { CallPlan, FallbackLists } from '../../../src/core/plan/call-plan.js';
import { ERROR_KIND_NAMES, ERROR_KINDS, type ErrorKind } from '../../../src/core/errors/error-kinds.js';
import {
  canFallBack,
  namesOf,
  nextGroup,
  outlook,
  requestedModel,
  startWalk,
} from '../../../src/core/fallbacks/fallback-walk.js';
import type { FallbackEntry } from '../../../src/core/plan/settings.js';
import { callPlan, entries, lists, rules } from '../build.js';
import { walkAll } from '../walk-all.js';

const CONTEXT = 'ContextWindowExceededError';
const POLICY = 'ContentPolicyViolationError';
const INTERNAL = 'InternalServerError';

const GROUPS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

function planOf(set: Partial<FallbackLists>, plan: Partial<CallPlan> = {}): CallPlan {
  return callPlan(GROUPS, { lists: lists(set), ...plan });
}

describe('the walk when every group fails', () => {
  const cases: [what: string, set: Partial<FallbackLists>, failures: ErrorKind[], groups: string][] = [
    ['no fallbacks', {}, [INTERNAL], ''],
    ['the list of the group', { fallbacks: rules({ a: ['b', 'c'], b: ['d'] }) }, [INTERNAL], 'b d c'],
    ['depth first, siblings later', { fallbacks: rules({ a: ['b', 'c'], b: ['d'], d: ['e'] }) }, [INTERNAL], 'b d e c'],
    ['no group twice', { fallbacks: rules({ a: ['b', 'b', 'a'], b: ['a', 'c'], c: ['b'] }) }, [INTERNAL], 'b c'],
    ['"*" after everything specific', { fallbacks: rules({ '*': ['e'], a: ['b'], b: ['c'] }) }, [INTERNAL], 'b c e'],
    [
      'default_fallbacks last',
      { fallbacks: rules({ '*': ['e'], a: ['b'] }), defaults: entries('f', 'g') },
      [INTERNAL],
      'b e f g',
    ],
    [
      'own fallbacks of a group reached by "*" come before its siblings',
      { fallbacks: rules({ '*': ['b', 'c'], b: ['d'] }) },
      [INTERNAL],
      'b d c',
    ],
    [
      'own fallbacks of a default group come before its siblings',
      { fallbacks: rules({ f: ['d'] }), defaults: entries('f', 'g') },
      [INTERNAL],
      'f d g',
    ],
    [
      'lists are not joined: the first rule of a group wins',
      { fallbacks: [...rules({ a: ['b'] }), ...rules({ a: ['c'] })] },
      [INTERNAL],
      'b',
    ],
    [
      'context_window_fallbacks for that kind',
      { contextWindow: rules({ a: ['b'] }), fallbacks: rules({ a: ['c'] }) },
      [CONTEXT],
      'b',
    ],
    ['not for another kind', { contextWindow: rules({ a: ['b'] }), fallbacks: rules({ a: ['c'] }) }, [INTERNAL], 'c'],
    [
      'content_policy_fallbacks for that kind',
      { contentPolicy: rules({ a: ['b'] }), fallbacks: rules({ a: ['c'] }) },
      [POLICY],
      'b',
    ],
    [
      'fallbacks when the special list has nothing for the group',
      { contextWindow: rules({ x: ['b'] }), fallbacks: rules({ a: ['c'] }) },
      [CONTEXT],
      'c',
    ],
    [
      'fallbacks of the group before "*" of the special list',
      { contextWindow: rules({ '*': ['b'] }), fallbacks: rules({ a: ['c'] }) },
      [CONTEXT],
      'c b',
    ],
    [
      'a plain list as if it was made for each group',
      { contextWindow: rules({ '': ['b', 'd'] }), fallbacks: rules({ a: ['c'], b: ['e'] }) },
      [CONTEXT],
      'b d',
    ],
    [
      'a plain list of fallbacks before "*" of the special list',
      { contextWindow: rules({ '*': ['d'] }), fallbacks: rules({ '': ['b'] }) },
      [CONTEXT],
      'b d',
    ],
    [
      'a special list whose groups were all tried is a match',
      { contextWindow: rules({ a: ['b'], b: ['a'] }), fallbacks: rules({ b: ['c'] }) },
      [CONTEXT],
      'b',
    ],
    [
      'each group by the kind it ended with',
      { contextWindow: rules({ b: ['d'] }), fallbacks: rules({ a: ['b', 'c'], b: ['e'] }) },
      [INTERNAL, CONTEXT, INTERNAL],
      'b d c',
    ],
    [
      '"*" by the most recent kind',
      { contextWindow: rules({ '*': ['d'] }), fallbacks: rules({ a: ['b'], '*': ['e'] }) },
      [INTERNAL, CONTEXT],
      'b d',
    ],
    [
      '"*" of fallbacks where the special list has none',
      { contextWindow: rules({ a: ['b'] }), fallbacks: rules({ '*': ['e'] }) },
      [CONTEXT],
      'b e',
    ],
    [
      'each "*" once',
      { contextWindow: rules({ '*': ['d', 'e'] }), fallbacks: rules({ '*': ['f'] }) },
      [CONTEXT, INTERNAL, CONTEXT],
      'd f e',
    ],
    [
      'the rest of a "*" before default_fallbacks',
      { fallbacks: rules({ '*': ['b', 'c'] }), contextWindow: rules({ '*': ['d'] }), defaults: entries('e') },
      [INTERNAL, CONTEXT],
      'b d c e',
    ],
    [
      'a "*" that comes up while default_fallbacks are walked',
      { contextWindow: rules({ '*': ['d'] }), defaults: entries('e', 'f') },
      [INTERNAL, CONTEXT],
      'e d f',
    ],
    ['lost attempts walk fallbacks', { fallbacks: rules({ a: ['b'] }) }, ['AttemptsLostError'], 'b'],
    [
      'errors that no retry can help walk fallbacks too',
      { fallbacks: rules({ a: ['b', 'c'] }) },
      ['AuthenticationError', 'BadRequestError'],
      'b c',
    ],
  ];
  test.each(cases)('%s', (_, set, failures, groups) => {
    const walked = walkAll(planOf(set), failures);
    expect([walked.groups.join(' '), walked.end]).toEqual([groups, 'no fallback group is left']);
  });
});

describe('max_fallbacks: groups tried in all', () => {
  const chain = { fallbacks: rules({ a: ['b'], b: ['c'], c: ['d'], d: ['e'], e: ['f'], f: ['g'], g: ['h'] }) };
  const flat = { fallbacks: rules({ a: ['b', 'c', 'd', 'e', 'f', 'g', 'h'] }) };
  test.each([
    ['5 by default, of a chain', chain, 5, 'b c d e f', 'max_fallbacks: 5'],
    ['5 by default, of a flat list', flat, 5, 'b c d e f', 'max_fallbacks: 5'],
    ['1', flat, 1, 'b', 'max_fallbacks: 1'],
    ['0 switches fallbacks off', flat, 0, '', 'no fallback group is left'],
    ['more than there are', flat, 50, 'b c d e f g h', 'no fallback group is left'],
  ])('%s', (_, set, maxFallbacks, groups, end) => {
    const walked = walkAll(planOf(set, { maxFallbacks }));
    expect([walked.groups.join(' '), walked.end]).toEqual([groups, end]);
  });
});

test.each(ERROR_KIND_NAMES.filter((kind) => !ERROR_KINDS[kind].fallsBack))('after %s there is no fallback', (kind) => {
  const step = nextGroup(planOf({ defaults: entries('b') }), startWalk(planOf({})), kind);
  expect([step.entry, step.reason]).toEqual([null, `${kind} is not helped by another group`]);
});

test('where the walk could go, by the list that is asked first', () => {
  const plan = planOf({ contextWindow: rules({ a: ['b'] }) });
  const ahead = outlook(plan, startWalk(plan));
  expect(ahead).toEqual({ fallbacks: false, contextWindow: true, contentPolicy: false, blockedAnswerFails: false });
  const kinds = [CONTEXT, POLICY, INTERNAL, 'CancelledError'] as const;
  expect(kinds.map((kind) => canFallBack(ahead, kind))).toEqual([true, false, false, false]);
});

test('a step says where it goes and what it passed over, and the state it came from stays', () => {
  const plan = planOf({ fallbacks: rules({ a: ['nobody', 'constructor', 'b'] }) });
  const start = startWalk(plan);
  const before = structuredClone(start);
  const { entry, unknown, reason, state } = nextGroup(plan, start, INTERNAL);
  expect({ entry, unknown, reason, fallbacks: state.fallbacks, tried: state.tried }).toEqual({
    entry: { group: 'b' },
    unknown: ['nobody', 'constructor'],
    reason: 'falls back to b',
    fallbacks: 1,
    tried: ['a', 'b'],
  });
  expect(start).toEqual(before);
});

test('a name that is no group is told once, however many lists have it', () => {
  const plan = planOf({ fallbacks: rules({ '': ['nobody', 'b', 'c'] }) });
  expect(walkAll(plan)).toMatchObject({ groups: ['b', 'c'], unknown: ['nobody'] });
});

test('an entry comes with its overrides, and a bare name after it without', () => {
  const special: FallbackEntry = { group: 'b', settings: { numRetries: 0 }, body: { temperature: 0 } };
  const plan = planOf({ fallbacks: rules({ a: [special, 'c'] }) });
  const first = nextGroup(plan, startWalk(plan), INTERNAL);
  expect([first.entry, nextGroup(plan, first.state, INTERNAL).entry]).toEqual([special, { group: 'c' }]);
});

describe('aliases', () => {
  const aliases = { fast: 'b', quick: 'a' };

  test('an alias stands for its target: the target is not tried again', () => {
    const plan = planOf({ fallbacks: rules({ a: ['fast', 'b', 'quick', 'c'] }) }, { aliases });
    expect(walkAll(plan).groups).toEqual(['b', 'c']);
  });

  test('a fallback group is looked up by its alias first', () => {
    const plan = planOf({ fallbacks: rules({ a: ['fast'], b: ['c'], fast: ['d'] }) }, { aliases });
    expect(walkAll(plan).groups).toEqual(['b', 'd']);
  });

  test('and by its target when the alias has no rule', () => {
    const plan = planOf({ fallbacks: rules({ a: ['fast'], b: ['c'] }) }, { aliases });
    expect(walkAll(plan).groups).toEqual(['b', 'c']);
  });

  test('the first group by the name that the caller used', () => {
    const first = { first: { group: 'quick' }, aliases };
    const plan = planOf({ fallbacks: rules({ quick: ['a', 'c'], a: ['d'] }) }, first);
    expect(walkAll(plan)).toMatchObject({ groups: ['c'], state: { tried: ['a', 'c'] } });
  });

  test.each([
    ['fast', ['fast', 'b']],
    ['b', ['b']],
    ['constructor', ['constructor']],
  ])('%s goes by %j', (group, names) => {
    expect(namesOf({ aliases }, { group })).toEqual(names);
  });
});

test('a default group that stands for an unknown model is no fallback; the others of its list follow', () => {
  const plan = planOf(
    { fallbacks: rules({ b: ['c'], '*': ['d'] }), defaults: entries('nobody', 'e') },
    { first: { group: 'b' }, standsFor: 'x' },
  );
  expect(walkAll(plan)).toMatchObject({ groups: ['c', 'd', 'e'], unknown: ['nobody'], state: { fallbacks: 3 } });
  expect([requestedModel(plan), requestedModel(callPlan(['a']))]).toEqual(['x', 'a']);
});

describe('a blocked answer is a failure only where its fallbacks can still serve', () => {
  const cases: [what: string, set: Partial<FallbackLists>, plan: Partial<CallPlan>, fails: boolean][] = [
    ['no fallbacks at all', {}, {}, false],
    ['regular fallbacks only', { fallbacks: rules({ a: ['b'], '*': ['c'] }) }, {}, false],
    ['content_policy_fallbacks of the group', { contentPolicy: rules({ a: ['b'] }) }, {}, true],
    ['content_policy_fallbacks of another group', { contentPolicy: rules({ b: ['c'] }) }, {}, false],
    ['"*" of content_policy_fallbacks', { contentPolicy: rules({ '*': ['b'] }) }, {}, true],
    ['default_fallbacks', { defaults: entries('b') }, {}, true],
    ['max_fallbacks: 0', { contentPolicy: rules({ a: ['b'] }) }, { maxFallbacks: 0 }, false],
    ['unknown groups only', { contentPolicy: rules({ a: ['nobody'] }), defaults: entries('nobody') }, {}, false],
    ['the group itself only', { contentPolicy: rules({ '*': ['a'] }) }, {}, false],
    [
      'a specific list with nothing left, and a "*" with something',
      { contentPolicy: rules({ a: ['a'], '*': ['b'] }) },
      {},
      true,
    ],
    ['fallbacks of the request', { contentPolicy: rules({ a: ['b'] }), fromRequest: true }, {}, false],
  ];
  test.each(cases)('%s', (_, set, plan, fails) => {
    const built = planOf(set, plan);
    expect(outlook(built, startWalk(built)).blockedAnswerFails).toBe(fails);
  });

  test('asked in each group of the walk, by that group’s own list and what is left to try', () => {
    const plan = planOf({ contentPolicy: rules({ a: ['b'], b: ['c'], c: ['a', 'b'] }) });
    const first = startWalk(plan);
    const second = nextGroup(plan, first, POLICY).state;
    const third = nextGroup(plan, second, POLICY).state;
    const fails = [first, second, third].map((state) => outlook(plan, state).blockedAnswerFails);
    expect(fails).toEqual([true, true, false]);
  });
});
