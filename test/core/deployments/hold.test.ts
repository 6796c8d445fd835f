import { describe, expect, test } from 'vitest';
import { holdOf, holdText, looksAgainMs, type Hold } from '../../../src/core/deployments/hold.js';
import { NOW_MS } from '../build.js';

const hold = (set: Partial<Hold>): Hold => ({
  kind: 'group',
  target: 'a',
  deployments: [],
  by: 'ann',
  why: 'too dear',
  sinceMs: NOW_MS,
  diverts: false,
  ...set,
});

describe('what a hold holds', () => {
  const one = { id: 'a1', about: { group: 'a' } };
  const wild = { id: 'any/x', about: { configuredId: 'any', group: 'x' } };
  interface Of {
    id: string;
    about?: Parameters<typeof holdOf>[2];
  }
  test.each<[what: string, holds: Hold[], of: Of, target: string | undefined]>([
    ['a group: all its deployments, also new ones', [hold({})], one, 'a'],
    ['a deployment: that one', [hold({ kind: 'deployment', target: 'a1', deployments: ['a1'] })], one, 'a1'],
    ['no other one', [hold({ kind: 'deployment', target: 'a2', deployments: ['a2'] })], one, undefined],
    ['no group that is called as the deployment', [hold({ kind: 'group', target: 'a1' })], one, undefined],
    ['a wildcard: each model of it', [hold({ target: '*', deployments: ['any'] })], wild, '*'],
    ['one model of a wildcard', [hold({ kind: 'deployment', target: 'any/x' })], wild, 'any/x'],
    ['what is of no group that is known', [hold({ deployments: ['a1'] })], { id: 'a1' }, 'a'],
    ['of two the one of the group', [hold({ kind: 'deployment', target: 'a1' }), hold({})], one, 'a'],
  ])('%s', (_, holds, of, target) => {
    expect(holdOf(holds, of.id, of.about)?.target).toBe(target);
  });
});

test('a hold in words', () => {
  expect(holdText(hold({}))).toBe('group a is held by ann: too dear');
});

test('the longer a hold has lasted, the later a call looks again', () => {
  expect([0, 60_000, 900_000].map((ms) => looksAgainMs(hold({}), NOW_MS + ms))).toEqual([2_000, 15_000, 60_000]);
});
