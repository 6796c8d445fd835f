import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allowedInMinute,
  burstOf,
  freeMs,
  NOTHING_SENT,
  recentlySent,
  withoutSent,
  withSent,
  type Pace,
  type Rate,
} from '../../../src/core/deployments/rate.js';
import { NOW_MS } from '../build.js';

/** What was sent, by seconds since the test began. */
function sentAt(rpm: number, ...seconds: number[]): Rate {
  return seconds.reduce<Rate>((rate, second) => withSent(rate, rpm, NOW_MS + second * 1000), NOTHING_SENT);
}

const many = (count: number, second: number): number[] => Array.from({ length: count }, () => second);

describe('when the next may be sent, in seconds', () => {
  type Case = [what: string, rpm: number, sent: number[], nowSeconds: number, burst: number, expected: number];
  const cases: Case[] = [
    ['at once after a rest', 60, [], 0, 10, 0],
    ['ten at once after a rest', 60, many(9, 0), 0, 10, 0],
    ['the eleventh at the pace', 60, many(10, 0), 0, 10, 1],
    ['a tenth of a minute’s at once', 600, many(59, 0), 0, 60, 0],
    ['who waits pays for what was sent at once', 60, many(10, 0), 0, 1, 10],
    ['the minute is full', 3, [0, 10, 20], 30, 3, 60],
    ['the minute has room again', 3, [0, 10, 20], 61, 3, 61],
    ['a small limit is a small burst', 2, [0, 0], 1, 1, 60],
    ['what is older than a minute counts no more', 1, [0], 90, 1, 90],
  ];
  test.each(cases)('%s', (_, rpm, sent, nowSeconds, burst, expected) => {
    const nowMs = NOW_MS + nowSeconds * 1000;
    expect((freeMs(sentAt(rpm, ...sent), rpm, nowMs, { burst }) - NOW_MS) / 1000).toBe(expected);
  });

  test('more was sent than the limit allows, which is smaller now', () => {
    const rate = sentAt(60, ...many(9, 0));
    expect(freeMs(rate, 3, NOW_MS + 1, { burst: 3 })).toBe(NOW_MS + 7 * 20_000);
    expect(freeMs(rate, 60, NOW_MS + 1, { burst: burstOf(60) })).toBe(NOW_MS + 1);
  });

  test('where others wait, what went ahead is paid back at half the pace', () => {
    const rate = sentAt(60, ...many(9, 0));
    expect(freeMs(rate, 60, NOW_MS + 1, { madeUp: 60 })).toBe(NOW_MS + 2_000);
    expect(freeMs(rate, 60, NOW_MS + 1, { madeUp: 9 })).toBe(NOW_MS + 9_000);
    expect(freeMs(rate, 60, NOW_MS + 1)).toBe(NOW_MS + 9_000);
  });

  test('what the paces of the last minute let through', () => {
    const after = (seconds: number, perMinute: number) => ({ sinceMs: NOW_MS + seconds * 1000, perMinute });
    const allowed = (seconds: number, ...paces: Pace[]) => Math.round(allowedInMinute(paces, NOW_MS + seconds * 1000));
    expect(allowed(0)).toBe(0);
    expect(allowed(10, after(0, 60))).toBe(60);
    // A share that has become smaller was no larger before: the others have had the rest.
    expect(allowed(10, after(0, 600), after(1, 200))).toBe(10 + 30 + 167);
    expect(allowed(30, after(0, 200), after(10, 600))).toBe(200 + 33 + 100);
    expect(allowed(90, after(0, 200), after(60, 600))).toBe(300 + 100);
  });

  test('what is sent all the time is counted by the minute', () => {
    const seconds = Array.from({ length: 2_400 }, (_, index) => index / 20);
    const { sent } = sentAt(1_200, ...seconds);
    const counted = recentlySent(sent, NOW_MS + 120_250).reduce((sum, { count }) => sum + count, 0);
    expect(counted).toBeGreaterThanOrEqual(1_195);
    expect(counted).toBeLessThanOrEqual(1_200);
  });

  test('what was not sent is taken back', () => {
    expect(freeMs(withoutSent(sentAt(1, 0), NOW_MS), 1, NOW_MS)).toBe(NOW_MS);
    expect(freeMs(withoutSent(sentAt(2, 0, 10), NOW_MS + 10_000), 2, NOW_MS + 11_000, { burst: 2 })).toBe(
      NOW_MS + 11_000,
    );
    expect(withoutSent(NOTHING_SENT, NOW_MS).sent).toEqual([]);
  });
});

test('no minute has more than the limit, whoever comes when', () => {
  const arrivals = fc.array(fc.tuple(fc.nat(20_000), fc.integer({ min: 1, max: 30 })), {
    minLength: 20,
    maxLength: 80,
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), arrivals, (rpm, steps) => {
      let rate: Rate = NOTHING_SENT;
      let nowMs = NOW_MS;
      const sent: number[] = [];
      for (const [passMs, burst] of steps) {
        nowMs += passMs;
        if (freeMs(rate, rpm, nowMs, { burst }) > nowMs) continue;
        rate = withSent(rate, rpm, nowMs);
        sent.push(nowMs);
      }
      for (const atMs of sent) {
        expect(sent.filter((other) => other > atMs - 60_000 && other <= atMs).length).toBeLessThanOrEqual(rpm);
      }
    }),
  );
});

test('where each takes much, no minute has more than the limit and one of them', () => {
  const arrivals = fc.array(fc.tuple(fc.nat(9_000), fc.integer({ min: 1, max: 700 }), fc.boolean()), { minLength: 20 });
  fc.assert(
    fc.property(arrivals, (steps) => {
      let rate: Rate = NOTHING_SENT;
      let nowMs = NOW_MS;
      const sent: { readonly atMs: number; readonly cost: number }[] = [];
      for (const [passMs, cost, isFirst] of steps) {
        nowMs += passMs;
        const burst = isFirst ? burstOf(1_000) : undefined;
        if (freeMs(rate, 1_000, nowMs, { cost, burst }) > nowMs) continue;
        rate = withSent(rate, 1_000, nowMs, cost);
        sent.push({ atMs: nowMs, cost });
      }
      for (const { atMs, cost: last } of sent) {
        const minute = sent.filter((other) => other.atMs > atMs - 60_000 && other.atMs <= atMs);
        expect(minute.reduce((sum, { cost }) => sum + cost, -last)).toBeLessThanOrEqual(1_000);
      }
    }),
  );
});
