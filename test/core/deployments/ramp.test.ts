import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRampOver, rampFrom, rampMs } from '../../../src/core/deployments/ramp.js';
import { NOW_MS } from '../build.js';

describe('a ramp', () => {
  const grows = rampFrom(NOW_MS);

  test('begins with five a second, and twice as many each two seconds', () => {
    const begunBy = (ms: number): number => {
      let begun = 0;
      while (rampMs(grows, begun) <= ms) begun += 1;
      return begun;
    };
    const perSecond = [0, 2, 4, 6, 8, 10].map((second) => begunBy(second * 1_000 + 1_000) - begunBy(second * 1_000));
    expect(perSecond).toEqual([5, 12, 24, 48, 96, 191]);
  });

  test('has let in a thousand after thirteen seconds', () => {
    expect(rampMs(grows, 1_000)).toBeGreaterThan(12_000);
    expect(rampMs(grows, 1_000)).toBeLessThan(13_000);
  });

  test('stays at the rate that somebody asked for', () => {
    expect([0, 1, 100].map((before) => rampMs(rampFrom(NOW_MS, 10), before))).toEqual([0, 100, 10_000]);
  });

  test('each begins after the one before', () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }), (before, rate) => {
        const ramp = rampFrom(NOW_MS, rate);
        expect(rampMs(ramp, before + 1)).toBeGreaterThan(rampMs(ramp, before));
      }),
    );
  });

  test.each<[what: string, perSecond: number | undefined, isWaitedFor: boolean, atMs: number, isOver: boolean]>([
    ['that grows is over in twenty seconds', undefined, true, 20_000, true],
    ['not before', undefined, false, 19_999, false],
    ['that stays does so while calls wait', 10, true, 900_000, false],
    ['or may come', 10, false, 69_999, false],
    ['and no longer', 10, false, 70_000, true],
  ])('%s', (_, perSecond, isWaitedFor, atMs, isOver) => {
    expect(isRampOver(rampFrom(NOW_MS, perSecond), isWaitedFor, NOW_MS + atMs)).toBe(isOver);
  });
});
