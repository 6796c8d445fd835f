import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Circuit } from '../../../src/core/deployments/circuit.js';
import type { Waiter } from '../../../src/core/deployments/flow.js';
import type { Begun } from '../../../src/core/deployments/minute-use.js';
import { Line, type LineUse, type RequestLimits } from '../../../src/core/deployments/line.js';
import { rampFrom } from '../../../src/core/deployments/ramp.js';
import { NOW_MS } from '../build.js';
import { calls, play, seconds, visits, type Call, type Served } from './play-line.js';

describe('many calls that wait for rpm', () => {
  test('go at the pace of the limit, first come, first served, and each comes back once', () => {
    const served = play(calls(500), { rpm: 60 });
    expect(served).toHaveLength(500);
    expect(Math.max(...served.map((call) => call.visits))).toBe(2);
    expect(seconds(served.at(-1)!.beganMs)).toBe(501);
  });

  test('a small limit', () => {
    const served = play(calls(30), { rpm: 10 });
    expect(served.map(({ beganMs }) => seconds(beganMs)).slice(8, 13)).toEqual([0, 0, 60.3, 66, 72]);
    expect(visits(served)).toBeLessThan(2);
  });

  test('a key with few calls is served in turn with one that has many', () => {
    const served = play([...calls(300), ...calls(10, { flow: 'small', atMs: NOW_MS + 10_000 })], { rpm: 600 });
    const small = served.filter(({ flow }) => flow === 'small');
    // At 10 a second, its turns are every other one.
    expect(Math.max(...small.map(({ waitedMs }) => waitedMs))).toBeLessThanOrEqual(2 * 2_000);
    expect(visits(served)).toBeLessThanOrEqual(2);
    expect(seconds(served.at(-1)!.beganMs)).toBeLessThanOrEqual(32);
  });

  test('whose turns came late are let go together, so far as the minute has room', () => {
    const line = new Line();
    const limits = { rpm: 300, burst: 1 };
    const come = () =>
      line.arrive({ flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null }, true, limits, NOW_MS);
    const begun = (second: number) => line.next(limits, NOW_MS + second * 1_000).length;
    expect(Array.from({ length: 30 }, () => come().type).filter((type) => type === 'begins')).toHaveLength(1);
    expect([0, 1, 1, 2.4].map(begun)).toEqual([0, 5, 0, 7]);
    expect(line.nextMs(limits, NOW_MS + 2_400)! - NOW_MS).toBeCloseTo(2_600, -1);
    // At five a second, ten are two seconds' worth, and one is due.
    expect(begun(6)).toBe(11);
  });

  test('a better priority goes first', () => {
    const urgent = calls(5, { flow: 'urgent', priority: 1, atMs: NOW_MS + 15_000 });
    const served = play([...calls(100), ...urgent], { rpm: 60 });
    const waits = served.filter(({ flow }) => flow === 'urgent').map(({ waitedMs }) => waitedMs);
    expect(Math.max(...waits)).toBeLessThanOrEqual(6_000);
  });

  test('all at once after an outage: they are spread again, and none comes back more than a few times', () => {
    const line = new Line();
    const limits = { rpm: 600 };
    const late = Array.from({ length: 1000 }, (_, index) => ({
      flow: 'a',
      priority: 3,
      sinceMs: NOW_MS - index,
      deadlineMs: null,
    }));
    const arrivals = late.map((waiter) => line.arrive(waiter, true, limits, NOW_MS));
    expect(arrivals.filter(({ type }) => type === 'stands')).toHaveLength(60);
    const due = arrivals.flatMap((arrival) => (arrival.type === 'booked' ? arrival.dueMs : []));
    expect(Math.min(...due)).toBeGreaterThan(NOW_MS);
  });
});

describe('many calls that wait while a limit is changed', () => {
  const from = (rpm: number, to: number) => (nowMs: number) => ({ rpm: nowMs < NOW_MS + 60_000 ? rpm : to });
  const perMinute = (served: readonly Served[], minute: number): number =>
    served.filter(({ beganMs }) => Math.floor((beganMs - NOW_MS) / 60_000) === minute).length;

  test('to a smaller one: it holds from then on', () => {
    const served = play(calls(150), from(120, 30));
    expect(served).toHaveLength(150);
    expect([1, 2].map((minute) => perMinute(served, minute) <= 31)).toEqual([true, true]);
  });

  test('to a larger one: those who were told their times come then, and none comes late', () => {
    const late = calls(60, { atMs: NOW_MS + 61_000 });
    const served = play([...calls(90), ...late], from(30, 600));
    expect(served).toHaveLength(150);
    expect(Math.max(...served.map(({ waitedMs }) => waitedMs))).toBeLessThanOrEqual(180_000);
  });
});

describe('many calls that wait for max_parallel_requests', () => {
  test('none is above the limit, and each comes back about once', () => {
    const served = play(calls(600, { durationMs: 1000 }), { maxParallelRequests: 20 });
    expect(served).toHaveLength(600);
    expect(visits(served)).toBeLessThanOrEqual(2);
    expect(seconds(served.at(-1)!.beganMs)).toBeLessThan(31);
  });

  test('of which the first takes long: those that wait come back ever more seldom', () => {
    const served = play([...calls(1, { durationMs: 600_000 }), ...calls(10)], { maxParallelRequests: 1 });
    expect(Math.max(...served.map((call) => call.visits))).toBeLessThan(15);
  });
});

test('one that has no time to wait for its turn takes nobody’s place', () => {
  const line = new Line();
  const limits = { rpm: 1 };
  const come = (deadlineMs: number | null) =>
    line.arrive({ flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs }, false, limits, NOW_MS);
  expect(come(null)).toMatchObject({ type: 'begins' });
  for (let count = 0; count < 3; count++) {
    expect(come(NOW_MS + 9_000)).toEqual({ type: 'booked', dueMs: NOW_MS + 60_000 });
  }
  expect([come(null), come(null)]).toMatchObject([{ dueMs: NOW_MS + 55_000 }, { dueMs: NOW_MS + 115_000 }]);
});

test('one that comes back before its time has its place still', () => {
  const line = new Line();
  const limits = { rpm: 1 };
  const waiters = [1, 2, 3].map(() => ({ flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null }));
  for (const waiter of waiters) line.arrive(waiter, false, limits, NOW_MS);
  expect(line.arrive(waiters[1]!, true, limits, NOW_MS + 1)).toEqual({ type: 'booked', dueMs: NOW_MS + 55_000 });
  const next = { flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null };
  expect(line.arrive(next, false, limits, NOW_MS + 1)).toEqual({ type: 'booked', dueMs: NOW_MS + 175_000 });
});

describe('where the limits are shares', () => {
  const NOTHING_USED: LineUse = { sent: 0, inFlight: 0, ahead: 0, tokens: 0, due: 0, waiting: 0, soon: 0 };
  const come = (line: Line, limits: RequestLimits) =>
    line.arrive({ flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null }, false, limits, NOW_MS)
      .type;

  test('nobody begins with none, until there is one', () => {
    for (const none of [{ rpm: 0 }, { tpm: 0 }, { maxParallelRequests: 0 }]) {
      const line = new Line();
      expect(come(line, none)).not.toBe('begins');
      expect(line.next(none, NOW_MS + 1)).toEqual([]);
    }
    const line = new Line();
    expect(come(line, { maxParallelRequests: 0 })).toBe('stands');
    expect(line.nextMs({ rpm: 0 }, NOW_MS)).toBe(null);
    expect(line.next({ rpm: 1, burst: 1, maxParallelRequests: 1 }, NOW_MS)).toHaveLength(1);
    expect(line.use(NOW_MS)).toEqual({ ...NOTHING_USED, sent: 1, inFlight: 1 });
  });

  const turns = (limits: RequestLimits, count: number): number[] => {
    const line = new Line();
    const arrivals = Array.from({ length: count }, () =>
      line.arrive({ flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null }, false, limits, NOW_MS),
    );
    return arrivals.map((arrival) => (arrival.type === 'booked' ? arrival.dueMs - NOW_MS : 0));
  };

  test('turns are foretold by the whole limits, which all who wait have together', () => {
    expect(turns({ rpm: 0, whole: { rpm: 60 } }, 3)).toEqual([0, 1000, 1500]);
    const others = { count: 2, waiting: 10, besideOwn: 5 };
    expect(turns({ rpm: 0, whole: { rpm: 60 }, others }, 6)).toEqual([0, 2000, 4500, 7500, 10_500, 13_500]);
    expect(turns({ rpm: 0, whole: { rpm: 60 }, others: { ...others, besideOwn: 0 } }, 3)).toEqual([0, 11_000, 13_500]);
  });

  test('turns are foretold by lines of others that grow three quarters as much as this one, or less where they are shorter', () => {
    const lastSecond = (waiting: number): number => {
      const others = { count: 1, waiting, besideOwn: 20 };
      return Math.round((turns({ rpm: 0, whole: { rpm: 60 }, others }, 41).at(-1) ?? 0) / 1_000);
    };
    // Behind 40 of its own and 35 of another line, that had 20 when this one had; 95, that had 80; 13, that had 5.
    expect([20, 80, 5].map(lastSecond)).toEqual([71, 131, 49]);
    // The lines of the others are three times as long as this one was, and become shorter with it.
    const shorter = { count: 2, waiting: 120, besideOwn: 40 };
    expect(turns({ rpm: 0, whole: { rpm: 60 }, others: shorter }, 3)).toEqual([0, 2_500, 6_500]);
  });

  test('one that is back has its turn before those that stand in another flow’s rounds, and stays for some seconds', () => {
    const line = new Line();
    const limits = { rpm: 6, whole: { rpm: 60 }, others: { count: 1, waiting: 100, besideOwn: 1 } };
    const arrive = (waiter: Waiter, isBack: boolean) => line.arrive(waiter, isBack, limits, NOW_MS).type;
    const waiter = () => ({ flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null });
    const [first, second, third] = [waiter(), waiter(), waiter()];
    for (let count = 0; count < 10; count++) arrive(waiter(), false);
    expect([arrive(third, true), arrive(second, true), arrive(first, true)]).toEqual(['stands', 'stands', 'stands']);
    expect(arrive(waiter(), true)).toBe('booked');
  });

  test('a line whose share grows begins by what the minute before it let through', () => {
    const line = new Line();
    const waiter = () => ({ flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null });
    expect(line.arrive(waiter(), true, { rpm: 0, whole: { rpm: 60 } }, NOW_MS).type).toBe('stands');
    const limits = { rpm: 30 };
    expect(line.next(limits, NOW_MS)).toEqual([]);
    expect(line.nextMs(limits, NOW_MS)! - NOW_MS).toBeCloseTo(2_000, -1);
    expect(line.next(limits, NOW_MS + 2_000)).toHaveLength(1);
  });

  test('a limit that is taken away for a while', () => {
    const line = new Line();
    for (const limits of [{ rpm: 1 }, {}, {}, {}]) expect(come(line, limits)).toBe('begins');
    expect(come(line, { rpm: 1 })).toBe('booked');
  });

  test('what began ahead of the pace is told until it is paid for', () => {
    const line = new Line();
    for (let count = 0; count < 5; count++) come(line, { rpm: 60 });
    expect([0, 1, 3.9, 4, 30].map((second) => line.use(NOW_MS + second * 1_000).ahead)).toEqual([5, 5, 5, 0, 0]);
  });

  test('no more begin at once than may', () => {
    const line = new Line();
    const types = [1, 2, 3].map(() => come(line, { rpm: 600, burst: 2 }));
    expect(types).toEqual(['begins', 'begins', 'stands']);
    expect(line.use(NOW_MS)).toEqual({ ...NOTHING_USED, sent: 2, inFlight: 2, ahead: 2, due: 1, waiting: 1 });
  });
});

describe('the line of a deployment that has failed', () => {
  const COOLS_UNTIL = NOW_MS + 5_000;
  const BACK = NOW_MS + 6_000;
  const open: Circuit = { state: 'open', sinceMs: NOW_MS, untilMs: COOLS_UNTIL, probe: null };
  const limitsAt = (among?: number) => (nowMs: number) => ({ circuit: nowMs < BACK ? open : rampFrom(BACK), among });
  const calls = (count: number): Call[] =>
    Array.from({ length: count }, (_, index) => ({ flow: 'a', atMs: NOW_MS + index, durationMs: 200 }));
  const inSecond = (served: readonly Served[], second: number): number =>
    served.filter(({ beganMs }) => Math.floor((beganMs - BACK) / 1_000) === second).length;

  test('a thousand that wait come back at a rate that grows, after one visit before their turn', () => {
    const served = play(calls(1_000), limitsAt());
    expect(served).toHaveLength(1_000);
    expect(Math.min(...served.map(({ beganMs }) => beganMs))).toBeGreaterThanOrEqual(BACK);
    expect(inSecond(served, 0)).toBeLessThanOrEqual(6);
    expect(inSecond(served, 4)).toBeLessThanOrEqual(30);
    expect(Math.max(...served.map(({ beganMs }) => beganMs))).toBeLessThan(BACK + 20_000);
    expect(served.filter(({ visits }) => visits > 2).length).toBeLessThan(20);
  });

  test('of two workers each lets in half as many', () => {
    const served = play(calls(100), limitsAt(2));
    expect(inSecond(served, 0)).toBeLessThanOrEqual(3);
    expect(served).toHaveLength(100);
  });

  test('nobody stands while it cools: the first is told when it is back, the others later, the longer it was away', () => {
    const line = new Line();
    const due = (circuit: Circuit): number => {
      const waiter = { flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null };
      const arrival = line.arrive(waiter, false, { circuit }, NOW_MS);
      return arrival.type === 'booked' ? arrival.dueMs - NOW_MS : 0;
    };
    expect(due({ ...open, untilMs: NOW_MS + 300 })).toBe(300);
    expect(due(open)).toBeGreaterThanOrEqual(6_000);
    expect(due({ ...open, sinceMs: NOW_MS - 3_600_000 })).toBeGreaterThanOrEqual(65_000);
    expect(line.next({ circuit: open }, NOW_MS)).toEqual([]);
    expect(line.turnMs({}, NOW_MS)).toBe(NOW_MS);
    expect(line.use(NOW_MS)).toMatchObject({ due: 0, waiting: 3 });
    expect(line.use(NOW_MS + 600_000)).toMatchObject({ waiting: 0 });
  });

  test('while it is probed, whoever comes stands in the line until there is an answer', () => {
    const line = new Line();
    const probed: Circuit = { ...open, untilMs: NOW_MS, probe: { worker: 'w', untilMs: NOW_MS + 30_000 } };
    const waiter = { flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null };
    expect(line.arrive(waiter, false, { circuit: probed }, NOW_MS).type).toBe('stands');
    expect(line.nextMs({ circuit: probed }, NOW_MS)).toBe(null);
    expect(line.next({ circuit: rampFrom(NOW_MS) }, NOW_MS)).toMatchObject([[waiter, { begunMs: NOW_MS }]]);
  });
});

test('a request that was not made takes nothing', () => {
  const line = new Line();
  const limits = { rpm: 1, tpm: 10, maxParallelRequests: 1 };
  const tokens = { prompt: 4, mostAnswer: 6 };
  const waiter = { flow: 'a', priority: 3, sinceMs: NOW_MS, deadlineMs: null, tokens };
  const begin = (): Begun => {
    const arrival = line.arrive(waiter, false, limits, NOW_MS);
    if (arrival.type !== 'begins') throw new Error(arrival.type);
    return arrival.begun;
  };
  const begun = begin();
  expect(line.use(NOW_MS)).toMatchObject({ sent: 1, inFlight: 1, tokens: 10 });
  line.notMade(begun, limits, NOW_MS);
  expect(line.use(NOW_MS).sent).toBe(0);
  line.notMade(begun, {}, NOW_MS);
  expect(line.use(NOW_MS)).toMatchObject({ inFlight: 0, tokens: 0 });
  begin();
});

test('whatever comes: no minute above rpm, never more at once than allowed, and everybody is served', () => {
  const call = fc.record({
    flow: fc.constantFrom('a', 'b', 'c'),
    priority: fc.constantFrom(1, 3),
    atMs: fc.nat(90_000).map((ms) => NOW_MS + ms),
    durationMs: fc.nat(5_000),
  });
  const limits = fc.record({
    rpm: fc.integer({ min: 5, max: 300 }),
    maxParallelRequests: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 60 }), limits, (all, { rpm, maxParallelRequests }) => {
      const served = play(all, { rpm, maxParallelRequests });
      expect(served).toHaveLength(all.length);
      for (const { beganMs } of served) {
        const minute = served.filter((other) => other.beganMs > beganMs - 60_000 && other.beganMs <= beganMs);
        expect(minute.length).toBeLessThanOrEqual(rpm);
        const beside = served.filter((other) => other.beganMs <= beganMs && other.endedMs > beganMs);
        expect(beside.length).toBeLessThanOrEqual(maxParallelRequests);
      }
    }),
    { numRuns: 50 },
  );
});
