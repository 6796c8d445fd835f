import { describe, expect, test } from 'vitest';
import { Line } from '../../../src/core/deployments/line.js';
import type { Begun } from '../../../src/core/deployments/minute-use.js';
import { NOW_MS } from '../build.js';
import { calls, play, seconds, visits } from './play-line.js';

describe('many calls that wait for tpm', () => {
  const tokens = (used: number, prompt = used, mostAnswer: number | null = 0) => ({
    tokens: { prompt, mostAnswer, used },
  });

  test('go at the pace of their tokens, each comes back once', () => {
    const served = play(calls(100, tokens(100)), { tpm: 6_000 });
    expect(served.map(({ beganMs }) => seconds(beganMs)).slice(0, 8)).toEqual([0, 0, 0, 0, 0, 0, 6, 7]);
    expect(seconds(served.at(-1)!.beganMs)).toBe(99);
    expect(Math.max(...served.map((call) => call.visits))).toBe(2);
  });

  test('whose answers are shorter than they may be: they go by what the others have used', () => {
    const served = play([...calls(50, tokens(20, 10, 4_000)), ...calls(50, tokens(20, 10, null))], { tpm: 6_000 });
    // 500 are expected of the first answers.
    expect(seconds(served.at(-1)!.beganMs)).toBeLessThan(40);
    expect(visits(served)).toBeLessThan(4);
  });

  test('more was used than was expected: who comes next waits for it', () => {
    const late = calls(1, { ...tokens(6_000, 20), atMs: NOW_MS + 1_000 });
    const served = play([...calls(1, tokens(6_000, 20)), ...late], { tpm: 6_000 });
    expect(seconds(served.at(-1)!.beganMs)).toBeGreaterThanOrEqual(60);
  });

  test('one that is larger than the limit goes when its turn comes, and the next when it is paid for', () => {
    const large = calls(1, { ...tokens(9_000), atMs: NOW_MS + 1_000 });
    const all = [...calls(1, tokens(20)), ...large, ...calls(1, { ...tokens(20), atMs: NOW_MS + 2_000 })];
    const began = play(all, { tpm: 1_000 }).map(({ beganMs }) => seconds(beganMs));
    expect(began).toEqual([0, 1.2, 541.2]);
  });

  test('a request that was refused has used none; one of which nobody knows has used what was expected', () => {
    const line = new Line();
    const limits = { tpm: 1_000 };
    const expected = { prompt: 400, mostAnswer: 100 };
    const begin = (): Begun => {
      const waiter = { flow: 'a', priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null, tokens: expected };
      const arrival = line.arrive(waiter, true, limits, NOW_MS);
      if (arrival.type !== 'begins') throw new Error(arrival.type);
      return arrival.begun;
    };
    line.ended(begin(), limits, NOW_MS + 1, 0);
    expect(line.use(NOW_MS)).toMatchObject({ tokens: 0 });
    const begun = begin();
    line.ended(begun, limits, NOW_MS + 1);
    expect(line.use(NOW_MS)).toMatchObject({ tokens: 500 });
    line.ended(begun, {}, NOW_MS + 1, 9_000);
    expect(line.use(NOW_MS + 60_249)).toMatchObject({ tokens: 500 });
    expect(line.use(NOW_MS + 60_250)).toMatchObject({ tokens: 0 });
  });
});
