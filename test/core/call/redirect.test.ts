import { describe, expect, test } from 'vitest';
import { hasGroup, refusalByPlan, replannedWalk, walkTo, withGroupOf } from '../../../src/core/call/redirect.js';
import { nextGroup, startWalk } from '../../../src/core/fallbacks/fallback-walk.js';
import { callPlan, lists, rules } from '../build.js';

const plan = callPlan(['a', 'b', 'c'], {
  aliases: { alias: 'b' },
  lists: lists({ fallbacks: rules({ a: ['b', 'c'] }) }),
  maxFallbacks: 5,
});
const input = { by: 'anna', why: 'an outage' };

describe('the plan of a call refuses', () => {
  test.each([
    ['an answer for a row of a batch', { action: 'answer', isRow: true, more: {} }, 'goes to the files of its batch'],
    ['more time where there is no limit', { action: 'extend', isRow: false, more: { seconds: 1 } }, 'has no timeout'],
    ['a group that the plan of a row lacks', { action: 'use', isRow: true, more: { group: 'x' } }, 'it has a, b, c'],
  ] as const)('%s', (_what, { action, isRow, more }, text) => {
    expect(refusalByPlan(plan, { action, isRow, input: { ...input, ...more } })).toContain(text);
  });

  test.each([
    ['an answer for a call', { action: 'answer', isRow: false, more: {} }],
    ['more retries', { action: 'extend', isRow: true, more: { retries: 1 } }],
    ['a group that the plan of a row has', { action: 'use', isRow: true, more: { group: 'alias' } }],
    ['any group for a call', { action: 'use', isRow: false, more: { group: 'x' } }],
    ['giving a group up', { action: 'skip', isRow: true, more: {} }],
  ] as const)('never %s', (_what, { action, isRow, more }) => {
    expect(refusalByPlan(plan, { action, isRow, input: { ...input, ...more } })).toBeNull();
  });

  test('never more time where there is a limit', () => {
    const limited = { ...plan, timeoutMs: 1000 };
    expect(refusalByPlan(limited, { action: 'extend', isRow: false, input: { ...input, seconds: 1 } })).toBeNull();
  });
});

describe('a call that somebody has go on in a group', () => {
  const first = startWalk(plan);

  test('is in it, and has made no fallback of its own', () => {
    expect(walkTo(plan, first, { group: 'alias' })).toMatchObject({
      tried: ['a', 'b'],
      lastNames: ['alias', 'b'],
      fallbacks: 0,
    });
  });

  test('goes on from there as any other', () => {
    const walk = walkTo(plan, nextGroup(plan, first, 'InternalServerError').state, { group: 'a' });
    expect(walk.tried).toEqual(['b', 'a']);
    expect(nextGroup(plan, walk, 'InternalServerError').entry).toEqual({ group: 'c' });
  });

  test('has the groups of the plan for another model besides', () => {
    const both = withGroupOf(plan, callPlan(['x'], { aliases: { y: 'x' } }));
    expect(['a', 'alias', 'x', 'y', 'z'].map((group) => hasGroup(both, group))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(withGroupOf(plan, callPlan(['x'])).aliases).toEqual(plan.aliases);
  });
});

test('under a plan that was resolved anew, what was tried stays tried', () => {
  const walk = nextGroup(plan, startWalk(plan), 'InternalServerError').state;
  const anew = callPlan(['a', 'b', 'd'], { lists: lists({ fallbacks: rules({ b: ['a', 'd'] }) }), maxFallbacks: 5 });
  const next = nextGroup(anew, replannedWalk(anew, walk), 'InternalServerError');
  expect(next).toMatchObject({ entry: { group: 'd' }, state: { fallbacks: 2, tried: ['a', 'b', 'd'] } });
});
