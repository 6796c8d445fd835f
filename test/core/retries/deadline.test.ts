import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GroupPlan } from '../../../src/core/plan/call-plan.js';
import {
  attemptLimit,
  callDeadline,
  endedByCaller,
  groupDeadline,
  streamLimits,
  type GroupDeadlineInput,
  type StreamLimits,
} from '../../../src/core/retries/deadline.js';
import { groupPlan, NOW_MS } from '../build.js';

function deadline(set: Partial<GroupDeadlineInput>): number | null {
  const at = groupDeadline({
    nowMs: NOW_MS,
    callDeadlineMs: NOW_MS + 100_000,
    canGoOn: true,
    reserve: 0.25,
    groupTotalMs: null,
    ...set,
  });
  return at === null ? null : at - NOW_MS;
}

test('the deadline of a call', () => {
  expect([callDeadline({}, NOW_MS), callDeadline({ timeoutMs: 5 }, NOW_MS)]).toEqual([null, NOW_MS + 5]);
});

describe('the deadline of a group', () => {
  const cases: [what: string, set: Partial<GroupDeadlineInput>, ms: number | null][] = [
    ['no total: none', { callDeadlineMs: null }, null],
    ['other groups to come: a quarter is kept for them', {}, 75_000],
    ['the last group: all that is left', { canGoOn: false }, 100_000],
    ['fallback_reserve 0: all that is left', { reserve: 0 }, 100_000],
    ['a reserve of a half', { reserve: 0.5 }, 50_000],
    ['less left, less kept', { callDeadlineMs: NOW_MS + 10_000 }, 7500],
    ['nothing left', { callDeadlineMs: NOW_MS }, 0],
    ['the total is over: it stays where it was', { callDeadlineMs: NOW_MS - 5000 }, -5000],
    ['no total, and all of it to be kept: none', { callDeadlineMs: null, reserve: 1 }, null],
    ['a total of the group alone', { callDeadlineMs: null, groupTotalMs: 3000 }, 3000],
    ['a total of the group, shorter than its share', { groupTotalMs: 3000 }, 3000],
    ['a total of the group, longer than its share', { groupTotalMs: 90_000 }, 75_000],
  ];
  test.each(cases)('%s', (_, set, ms) => {
    expect(deadline(set)).toBe(ms);
  });
});

test('three groups that use up their time leave each other a share of the total', () => {
  const shares = [true, true, false].reduce<number[]>((used, canGoOn) => {
    const left = 100_000 - used.reduce((sum, ms) => sum + ms, 0);
    return [...used, deadline({ callDeadlineMs: NOW_MS + left, canGoOn })!];
  }, []);
  expect(shares).toEqual([75_000, 18_750, 6250]);
});

test('a deadline of a group is never after that of the call, and in the past only where that is', () => {
  const input = fc.record({
    callDeadlineMs: fc.option(fc.integer({ min: NOW_MS - 10_000, max: NOW_MS + 1_000_000 })),
    canGoOn: fc.boolean(),
    reserve: fc.double({ min: 0, max: 1, noNaN: true }),
    groupTotalMs: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
  });
  fc.assert(
    fc.property(input, (set) => {
      const ms = deadline(set);
      expect(ms === null).toBe(set.callDeadlineMs === null && set.groupTotalMs === null);
      if (ms === null) return;
      const leftMs = (set.callDeadlineMs ?? Infinity) - NOW_MS;
      expect(Number.isInteger(ms) && ms >= Math.min(0, leftMs)).toBe(true);
      expect(ms).toBeLessThanOrEqual(Math.min(leftMs, set.groupTotalMs ?? Infinity));
    }),
  );
});

test.each([
  ['its own timeout comes first', 5000, NOW_MS + 9000, { limitMs: 5000, scope: 'attempt' }],
  ['the deadline comes first', 5000, NOW_MS + 3000, { limitMs: 3000, scope: 'deadline' }],
  ['both at once', 5000, NOW_MS + 5000, { limitMs: 5000, scope: 'attempt' }],
  ['there is no deadline', 5000, null, { limitMs: 5000, scope: 'attempt' }],
  ['the deadline is over', 5000, NOW_MS - 1, { limitMs: 0, scope: 'deadline' }],
] as const)('an attempt ends at its timeout or at the deadline: %s', (_, timeoutMs, deadlineMs, limit) => {
  expect(attemptLimit(timeoutMs, deadlineMs, NOW_MS)).toEqual(limit);
});

test.each<[what: string, plan: Partial<GroupPlan>, deployment: { streamTimeoutMs?: number }, limits: StreamLimits]>([
  ['nothing is set', {}, {}, { firstContentMs: null, idleMs: 60_000 }],
  ['the router', { streamTimeoutMs: 3 }, {}, { firstContentMs: 3, idleMs: 60_000 }],
  ['the deployment', { streamTimeoutMs: 3 }, { streamTimeoutMs: 2 }, { firstContentMs: 2, idleMs: 60_000 }],
  [
    'the request',
    { streamTimeoutMs: 3, requestStreamTimeoutMs: 9 },
    { streamTimeoutMs: 2 },
    { firstContentMs: 9, idleMs: 60_000 },
  ],
  ['the time between chunks', { streamIdleTimeoutMs: 7 }, {}, { firstContentMs: null, idleMs: 7 }],
  ['a plan older than streams', { streamIdleTimeoutMs: undefined }, {}, { firstContentMs: null, idleMs: 60_000 }],
])('how long a stream may be silent: %s', (_, plan, deployment, limits) => {
  expect(streamLimits(groupPlan(plan), deployment)).toEqual(limits);
});

describe('whether the caller ended an attempt sooner than the deployment would have', () => {
  const plan = groupPlan({ timeoutMs: 60_000 });
  const silent = (limitMs: number) => ({ type: 'timeout', scope: 'first content', limitMs }) as const;
  test.each<[what: string, limitMs: number, plan: GroupPlan, own: Parameters<typeof endedByCaller>[2], ended: boolean]>(
    [
      ['its own stream_timeout is longer', 1000, plan, { streamTimeoutMs: 2000 }, true],
      ['its own stream_timeout is as long', 2000, plan, { streamTimeoutMs: 2000 }, false],
      ['its own before that of the router', 3000, { ...plan, streamTimeoutMs: 9000 }, { streamTimeoutMs: 2000 }, false],
      ['that of the router', 3000, { ...plan, streamTimeoutMs: 9000 }, {}, true],
      ['else its attempt timeout', 3000, plan, { timeoutMs: 3000 }, false],
      ['else that of the group', 3000, plan, {}, true],
    ],
  )('%s', (_, limitMs, its, own, ended) => {
    expect(endedByCaller(silent(limitMs), its, own)).toBe(ended);
  });

  test.each([
    { type: 'timeout', scope: 'attempt', limitMs: 1 },
    { type: 'timeout', scope: 'idle', limitMs: 1 },
    { type: 'connection', message: 'reset' },
  ] as const)('only the limit of the first content can be the caller’s: %j', (cause) => {
    expect(endedByCaller(cause, plan, {})).toBe(false);
  });
});
