import { describe, expect, test } from 'vitest';
import type { Begun } from '../../../src/core/deployments/minute-use.js';
import { Line } from '../../../src/core/deployments/line.js';
import type { OtherLines } from '../../../src/core/deployments/other-lines.js';
import { rampFrom } from '../../../src/core/deployments/ramp.js';
import { NOW_MS } from '../build.js';

describe('whose turn it is', () => {
  const ONE = { maxParallelRequests: 1 };

  /** A line of short requests, of which one is under way. */
  class Busy {
    readonly line = new Line();
    #under: Begun | null = null;

    constructor() {
      for (let count = 0; count < 50; count++) {
        this.come('first');
        if (this.#under !== null && count < 49) this.line.ended(this.#under, {}, NOW_MS);
      }
    }

    come(flow: string, priority = 3): void {
      const waiter = { flow, priority, sinceMs: this.line.newPlace(NOW_MS), deadlineMs: null };
      const arrival = this.line.arrive(waiter, true, ONE, NOW_MS);
      if (arrival.type === 'begins') this.#under = arrival.begun;
    }

    /** Ends what is under way, so many times, and says who follows. */
    serve(times: number): string {
      const order: string[] = [];
      for (let count = 0; count < times; count++) {
        this.line.ended(this.#under!, {}, NOW_MS);
        const [[waiter, begun] = []] = this.line.next(ONE, NOW_MS);
        this.#under = begun ?? null;
        order.push(waiter?.flow ?? 'nobody');
      }
      return order.join(' ');
    }
  }

  test('flows are served in turn, each first come, first served', () => {
    const busy = new Busy();
    for (const flow of ['a', 'a', 'a', 'a', 'b', 'b', 'c']) busy.come(flow);
    expect(busy.serve(7)).toBe('a b c a b a a');
  });

  test('a flow that comes late takes its turn, and does not catch up on those of before', () => {
    const busy = new Busy();
    for (let count = 0; count < 12; count++) busy.come('a');
    expect(busy.serve(6)).toBe('a a a a a a');
    for (let count = 0; count < 3; count++) busy.come('b');
    expect(busy.serve(7)).toBe('b a b a b a a');
  });

  test('a flow that rested while another was served does not, either', () => {
    const busy = new Busy();
    for (const flow of ['b', 'a', 'a', 'a', 'a', 'a', 'a', 'a']) busy.come(flow);
    expect(busy.serve(6)).toBe('b a a a a a');
    for (let count = 0; count < 2; count++) busy.come('b');
    expect(busy.serve(4)).toBe('b a b a');
  });

  test('a better priority is served before all others, and told an earlier turn', () => {
    const busy = new Busy();
    for (const [flow, priority] of [
      ['low', 5],
      ['a', 3],
      ['urgent', 1],
      ['b', 3],
    ] as const) {
      busy.come(flow, priority);
    }
    expect(busy.serve(4)).toBe('urgent a b low');
    const line = new Line();
    const due = (priority: number): number => {
      const waiter = { flow: 'a', priority, sinceMs: line.newPlace(NOW_MS), deadlineMs: null };
      const arrival = line.arrive(waiter, false, { rpm: 1 }, NOW_MS);
      return arrival.type === 'booked' ? Math.round((arrival.dueMs - NOW_MS) / 60_000) : 0;
    };
    expect([3, 3, 3, 1, 5, 3].map(due)).toEqual([0, 1, 2, 1, 4, 4]);
  });

  test('fifty stand in a line, and whoever comes then is away until its turn', () => {
    const line = new Line();
    const limits = { maxParallelRequests: 100 };
    const come = (): string =>
      line.arrive({ flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null }, false, limits, NOW_MS)
        .type;
    const types = Array.from({ length: 165 }, come);
    const count = (type: string): number => types.filter((each) => each === type).length;
    expect([count('begins'), count('stands'), count('booked')]).toEqual([100, 60, 5]);
  });

  type Late = [of: string, placeMs: number, share: number, others: OtherLines | undefined, dueMs: number];
  test.each<Late>([
    ['the oldest of all, where the share of its worker is small', -60_000, 60, undefined, 4_500],
    ['one that waits since them', 0, 60, undefined, 4_500],
    ['the oldest of all, where as many wait elsewhere', -60_000, 300, { count: 1, waiting: 60, besideOwn: 60 }, 12_500],
  ])(
    '%s, that finds no place is back when those who stand there have had their turns',
    (_, placeMs, rpm, others, dueMs) => {
      const line = new Line();
      const limits = { rpm, whole: { rpm: 600 }, others };
      const come = (sinceMs: number) =>
        line.arrive({ flow: 'a', priority: 3, sinceMs, deadlineMs: null }, true, limits, NOW_MS);
      while (line.use(NOW_MS).due < 60) come(line.newPlace(NOW_MS));
      const arrival = come(placeMs === 0 ? line.newPlace(NOW_MS) : NOW_MS + placeMs);
      expect(arrival.type === 'booked' && Math.round((arrival.dueMs - NOW_MS) / 100) * 100).toBe(dueMs);
    },
  );

  describe('where a flow fills the places of a line', () => {
    type Case = [come: string, flows: Record<string, number>, stand: Record<string, number>];
    const cases: Case[] = [
      ['the first of another one stays', { big: 70, small: 1 }, { big: 60, small: 1 }],
      ['another one has its part', { big: 70, small: 40 }, { big: 60, small: 30 }],
      ['each of many others has one', { big: 70, ...keysOf(40) }, { big: 60, ...keysOf(40) }],
      ['of more than there are places nobody stays', { big: 70, ...keysOf(70) }, { big: 60, ...keysOf(60) }],
    ];
    test.each(cases)('%s', (_, flows, stand) => {
      const line = new Line();
      const limits = { maxParallelRequests: 0, whole: { maxParallelRequests: 1_000 } };
      const standing: Record<string, number> = {};
      for (const flow of Object.entries(flows).flatMap(([name, count]) => Array.from({ length: count }, () => name))) {
        const waiter = { flow, priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null };
        const { type } = line.arrive(waiter, true, limits, NOW_MS);
        if (type === 'stands') standing[flow] = (standing[flow] ?? 0) + 1;
      }
      expect(standing).toEqual(stand);
    });

    function keysOf(count: number): Record<string, number> {
      return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key ${index}`, 1]));
    }
  });

  test('is told by how long requests take', () => {
    const line = new Line();
    const come = (flow: string) =>
      line.arrive({ flow, priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null }, false, ONE, NOW_MS);
    const waitMs = (): number => line.turnMs(ONE, NOW_MS) - NOW_MS;
    for (let count = 0; count < 40; count++) {
      const arrival = come('a');
      if (arrival.type === 'begins') line.ended(arrival.begun, {}, NOW_MS + 200);
    }
    come('a');
    expect(Math.round(waitMs())).toBe(200);
  });

  test('of those who do not come back for theirs, nobody is waited for', () => {
    const line = new Line();
    const limits = { rpm: 1 };
    const come = (atMs: number) =>
      line.arrive({ flow: 'a', priority: 3, sinceMs: line.newPlace(atMs), deadlineMs: null }, false, limits, atMs);
    for (let count = 0; count < 5; count++) come(NOW_MS);
    expect(come(NOW_MS + 2.5 * 60_000)).toMatchObject({ type: 'begins' });
    expect(come(NOW_MS + 2.5 * 60_000)).toMatchObject({ type: 'booked', dueMs: NOW_MS + 5.5 * 60_000 - 5_000 });
    expect(come(NOW_MS + 3_600_000).type).toBe('begins');
  });

  test('on a ramp is counted from its opening', () => {
    const line = new Line();
    const turnMs = (openedMs: number) => line.turnMs({ circuit: rampFrom(openedMs) }, NOW_MS + 60_000) - openedMs;
    const limits = { circuit: rampFrom(NOW_MS) };
    for (let count = 0; count < 400; count++) {
      line.arrive(
        { flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null },
        true,
        limits,
        NOW_MS + 60_000,
      );
    }
    const begun = line.use(NOW_MS + 60_000).sent;
    expect(begun).toBe(400);
    expect(turnMs(NOW_MS)).toBe(60_000);
    expect(line.turnMs({ circuit: rampFrom(NOW_MS) }, NOW_MS)).toBeGreaterThan(NOW_MS + 8_000);
    expect(line.turnMs({ circuit: rampFrom(NOW_MS - 1) }, NOW_MS)).toBe(NOW_MS);
  });

  test('of two that come in the same moment, the places differ', () => {
    const line = new Line();
    const places = [NOW_MS, NOW_MS, NOW_MS - 5, NOW_MS + 5].map((nowMs) => line.newPlace(nowMs));
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(new Set(places).size).toBe(4);
    expect(places.at(-1)).toBe(NOW_MS + 5);
  });
});
