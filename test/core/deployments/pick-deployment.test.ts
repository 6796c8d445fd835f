import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  earliestReturn,
  freshDeployments,
  nextStandby,
  pickDeployment,
  withAskedToWait,
  type Cooling,
} from '../../../src/core/deployments/pick-deployment.js';
import type { DeploymentPlan } from '../../../src/core/plan/settings.js';
import { deployment } from '../build.js';

const NONE: Cooling = new Map();
const coolingOf = (ids: readonly string[]): Cooling => new Map(ids.map((id) => [id, 1]));

function pick(
  deployments: DeploymentPlan[],
  set: { failed?: string[]; cooling?: string[]; busy?: string[]; waitedFor?: string; random?: number } = {},
): string | undefined {
  const { failed = [], cooling = [], busy, waitedFor, random = 0 } = set;
  const input = { deployments, failed, cooling: coolingOf(cooling), waitedFor, random: () => random };
  return pickDeployment({ ...input, ...(busy && { busy }) })?.id;
}

const [a, b] = [deployment('a'), deployment('b')];
const standby = deployment('s', { order: 2 });
const last = deployment('z', { order: 3 });

describe('the pick', () => {
  test.each([
    ['the lowest order', [last, standby, a], {}, 'a'],
    ['an unset order is 1', [deployment('one', { order: 1 }), standby], {}, 'one'],
    ['an order below 1', [a, deployment('zero', { order: 0 })], {}, 'zero'],
    ['not one that failed', [a, b], { failed: ['a'] }, 'b'],
    ['not one that is cooling', [a, b], { cooling: ['a'] }, 'b'],
    ['rather one that is not busy', [a, b], { busy: ['a'] }, 'b'],
    ['one that is busy before a higher order', [a, standby], { busy: ['a'] }, 'a'],
    ['a higher order when the lowest failed', [a, standby, last], { failed: ['a'] }, 's'],
    ['a higher order when the lowest is cooling', [a, standby, last], { cooling: ['a'] }, 's'],
    ['all have failed: the lowest order of all', [standby, a], { failed: ['a', 's'] }, 'a'],
    ['none is fresh: one that failed before one that cools', [a, b], { failed: ['b'], cooling: ['a'] }, 'b'],
    ['all cool: the lowest order of all', [standby, a], { cooling: ['a', 's'] }, 'a'],
    ['the one that was waited for', [a, b, standby], { waitedFor: 's' }, 's'],
    ['not one that was waited for and cools now', [a, b], { waitedFor: 'b', cooling: ['b'] }, 'a'],
    ['none in a group without deployments', [], {}, undefined],
  ])('%s', (_, deployments, set, id) => {
    expect(pick(deployments, set)).toBe(id);
  });

  test('equals share alike', () => {
    expect([0, 0.49, 0.5, 0.99].map((random) => pick([a, b], { random }))).toEqual(['a', 'a', 'b', 'b']);
  });

  test('weights share by their size, and one without has 1', () => {
    const weighted = [deployment('three', { weight: 3 }), deployment('one')];
    expect([0, 0.74, 0.75, 0.99].map((random) => pick(weighted, { random }))).toEqual(['three', 'three', 'one', 'one']);
  });

  test('a weight of 0 is asked only when nothing else is left', () => {
    const weighted = [deployment('never', { weight: 0 }), deployment('always')];
    expect([pick(weighted), pick(weighted, { failed: ['always'] })]).toEqual(['always', 'never']);
  });
});

test.each([
  ['one that does not cool: now', [a, b], [['a', 5000]], 0],
  [
    'all cool: the first that is back',
    [a, b],
    [
      ['a', 5000],
      ['b', 3000],
    ],
    3000,
  ],
] as const)('the earliest return: %s', (_, deployments, cooling, returnMs) => {
  expect(earliestReturn(deployments, new Map(cooling))).toBe(returnMs);
});

describe('the next standby', () => {
  test.each([
    ['the lowest order above the lowest', [last, standby, a], [], [], 's'],
    ['the next one, when that failed', [last, standby, a], ['s'], [], 'z'],
    ['not one that is cooling', [last, standby, a], [], ['s'], 'z'],
    ['none is left', [last, standby, a], ['s', 'z'], [], undefined],
    ['none, when all have the lowest order', [a, b], ['a'], [], undefined],
    ['none in a group without deployments', [], [], [], undefined],
  ])('%s', (_, deployments, failed, cooling, id) => {
    expect(nextStandby({ deployments, failed, cooling: coolingOf(cooling) })?.id).toBe(id);
  });
});

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const anyGroup = fc
  .uniqueArray(fc.constantFrom(...IDS), { minLength: 1 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc
          .record(
            { order: fc.integer({ min: 0, max: 3 }), weight: fc.integer({ min: 0, max: 9 }) },
            { requiredKeys: [] },
          )
          .map((set) => deployment(id, set)),
      ),
    ),
  );
const anyIds = fc.subarray(IDS);
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('the pick is a fresh deployment of the lowest order among them, whatever the weights', () => {
  fc.assert(
    fc.property(anyGroup, anyIds, anyIds, anyRandom, (deployments, failed, cooling, random) => {
      const picked = pickDeployment({ deployments, failed, cooling: coolingOf(cooling), random: () => random });
      const fresh = deployments.filter(({ id }) => ![...failed, ...cooling].includes(id));
      const usable = deployments.filter(({ id }) => !cooling.includes(id));
      const stage = [fresh, usable, deployments].find(({ length }) => length > 0)!;
      const orders = stage.map(({ order = 1 }) => order);
      expect(picked?.order ?? 1).toBe(Math.min(...orders));
      if (fresh.length > 0) expect(fresh).toContain(picked);
    }),
  );
});

test('asked one after the other, each standby is named once, in the order of their orders', () => {
  fc.assert(
    fc.property(anyGroup, (deployments) => {
      const failed: string[] = [];
      const orders: number[] = [];
      for (let next = nextStandby({ deployments, failed, cooling: NONE }); next !== null;) {
        failed.push(next.id);
        orders.push(next.order ?? 1);
        next = nextStandby({ deployments, failed, cooling: NONE });
      }
      const lowest = Math.min(...deployments.map(({ order = 1 }) => order));
      const above = deployments.map(({ order = 1 }) => order).filter((order) => order > lowest);
      expect(orders).toEqual(above.toSorted((x, y) => x - y));
      expect(new Set(failed).size).toBe(failed.length);
    }),
  );
});

test.each<
  [what: string, cooling: [string, number][], askedToWait: Record<string, number> | undefined, expected: object]
>([
  ['nobody asked', [['a', 9]], undefined, { a: 9 }],
  ['one asked, which cools for nobody else', [['a', 9]], { b: 7 }, { a: 9, b: 7 }],
  ['the longer time counts', [['a', 9]], { a: 12 }, { a: 12 }],
  ['that of all may be longer', [['a', 9]], { a: 7 }, { a: 9 }],
  ['its time is over', [], { a: 5 }, {}],
])('who asked the call to stay away is left out until then: %s', (_, cooling, askedToWait, expected) => {
  const asked = askedToWait === undefined ? {} : { askedToWait };
  expect(Object.fromEntries(withAskedToWait(new Map(cooling), asked, 5))).toEqual(expected);
});

test('fresh is what neither failed nor cools', () => {
  const ids = freshDeployments({ deployments: [a, b, standby], failed: ['a'], cooling: coolingOf(['s']) });
  expect(ids).toEqual([b]);
});
