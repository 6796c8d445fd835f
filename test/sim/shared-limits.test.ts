import { describe, expect, test } from 'vitest';
import { playSharedLimits, TOKENS, type Scene } from './shared-limits.js';

/** Half of what `bench:limits` has, on a machine that takes some seconds to start the calls. */
const SCENE: Scene = {
  limits: { rpm: 600, maxParallelRequests: 20 },
  workers: 3,
  flows: { big: 990, small: 10 },
  answerMs: [150, 250],
  startMs: 10,
  visitMs: 5,
  seed: 1,
};

describe('three workers share the limits of a deployment, and a thousand calls wait there when a key comes with ten', () => {
  /** Those ten are served in turn with the others. */
  const fairMs = 2 * 10 * 100;
  type Case = [machine: string, changed: Partial<Scene>, leastRate?: number, mostParts?: number];
  const cases: Case[] = [
    ['they come in four seconds', { startMs: 4, visitMs: 2 }],
    ['they come in ten seconds', {}],
    [
      'they come in half a minute, and the processors of the workers are busy',
      { startMs: 30, visitMs: 15, stallMs: 800, seed: 2 },
    ],
    [
      'the first reports take long, for a worker and the board are busy with the starts',
      { startMs: 8, busyMs: [500, 1_600], stallMs: 1_500, toFirst: 0.2, seed: 4 },
      0.95,
    ],
    ['half as many wait, and what went ahead after the rest is not paid back yet', { flows: { big: 490, small: 10 } }],
    ['there are six workers', { workers: 6, seed: 3 }, 0.95],
    ['two fifths come to one of them before the others are spread', { toFirst: 0.4, seed: 4 }],
    ['the worker of the board is so busy that it answers late', { boardMs: [500, 2_500], seed: 4 }, 0.9, 3],
    ['that, and more of them', { boardMs: [500, 2_500], workers: 4, seed: 2 }, 0.9, 3],
  ];
  test.each(cases)('%s: the whole limit is used, never more, and each call comes back once', async (...of) => {
    const [, changed, leastRate = 0.97, mostParts = 2] = of;
    const played = await playSharedLimits({ ...SCENE, ...changed });
    expect(played.requests).toHaveLength(changed.flows ? 500 : 1_000);
    expect(played.maxMinuteVsLimit).toBeLessThanOrEqual(1);
    expect(played.mostAtOnce).toBeLessThanOrEqual(20);
    expect(played.rateVsLimit).toBeGreaterThan(leastRate);
    expect(played.attemptsPerCall).toBeLessThanOrEqual(2);
    expect(played.longestWaitMs('small')).toBeLessThanOrEqual(mostParts * fairMs);
  });
});

test('a limit of few requests a minute is not exceeded, and is used', async () => {
  const played = await playSharedLimits({ ...SCENE, limits: { rpm: 60 }, flows: { big: 190, small: 10 } });
  expect(played.maxMinuteVsLimit).toBeLessThanOrEqual(1);
  expect(played.rateVsLimit).toBeGreaterThan(0.85);
  expect(played.attemptsPerCall).toBeLessThanOrEqual(2.6);
});

test('tokens: no minute has more than the limit and a request of each worker more, and a key with few calls has its turns', async () => {
  const tpm = 24_000;
  const played = await playSharedLimits({ ...SCENE, limits: { tpm }, flows: { big: 590, small: 10 } });
  expect(played.requests).toHaveLength(600);
  expect(played.mostInMinute * TOKENS).toBeLessThanOrEqual(tpm + SCENE.workers * TOKENS);
  expect(played.requests.at(-1)!.atMs).toBeLessThan(170_000);
  expect(played.longestWaitMs('small')).toBeLessThanOrEqual(30_000);
});

test('few places at a time are used, whichever worker has them', async () => {
  const limits = { rpm: 600, maxParallelRequests: 5 };
  const played = await playSharedLimits({ ...SCENE, limits, flows: { big: 390, small: 10 }, answerMs: [200, 600] });
  expect(played.mostAtOnce).toBeLessThanOrEqual(5);
  expect(played.rateVsLimit).toBeGreaterThan(0.8);
  expect(played.attemptsPerCall).toBeLessThanOrEqual(2.1);
});
