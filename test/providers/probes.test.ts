import { describe, expect, test } from 'vitest';
import { createProbes } from '../../src/providers/probes.js';

/** A deployment that is back from its cooldown, and a clock that a test turns. */
function back() {
  let nowMs = 1_000_000;
  const probes = createProbes(() => nowMs);
  probes.expect('a', nowMs);
  return { probes, pass: (ms: number) => void (nowMs += ms), now: () => nowMs };
}

describe('a deployment that is back from a cooldown', () => {
  test('gets one attempt at a time until it has answered', () => {
    const { probes, now } = back();
    expect([probes.begin('a'), probes.begin('a')]).toEqual([true, false]);
    expect(probes.lookAgainMs('a')).toBe(now() + 1000);
    probes.passed('a');
    expect([probes.begin('a'), probes.begin('a'), probes.lookAgainMs('a')]).toEqual([true, true, 0]);
  });

  test('is probed by the next one when the probe came to no answer', () => {
    const { probes } = back();
    probes.begin('a');
    probes.ended('a');
    expect([probes.lookAgainMs('a'), probes.begin('a'), probes.begin('a')]).toEqual([0, true, false]);
  });

  test('keeps nobody behind a probe that hangs', () => {
    const { probes, pass } = back();
    probes.begin('a');
    pass(30_000);
    expect([probes.lookAgainMs('a'), probes.begin('a')]).toEqual([0, true]);
  });

  test('is forgotten when nobody asks for it', () => {
    const { probes, pass, now } = back();
    probes.begin('a');
    pass(60_000);
    probes.expect('b', now());
    expect([probes.begin('a'), probes.begin('a')]).toEqual([true, true]);
  });

  test('is none that never cooled', () => {
    const { probes } = back();
    probes.ended('x');
    expect([probes.begin('x'), probes.begin('x')]).toEqual([true, true]);
  });
});
