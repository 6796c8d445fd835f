import { describe, expect, test } from 'vitest';
import { timed, type Timing } from '../../src/client/timing.js';
import type { LlmCallInput } from '../../src/core/call/call-types.js';

const NOW_MS = Date.parse('2026-11-29T12:00:00Z');
const at = (seconds: number) => new Date(NOW_MS + seconds * 1000);
const INPUT: LlmCallInput = { operation: 'chat.completions', request: { model: 'good' } };

describe('the times of a call', () => {
  test.each<[string, Timing, number | undefined, { delayMs?: number; timeout?: number; timeoutMs?: number }]>([
    ['none', {}, undefined, {}],
    ['a later begin', { startAfter: 60 }, undefined, { delayMs: 60_000 }],
    ['a begin at a time', { startAt: at(60) }, undefined, { delayMs: 60_000 }],
    ['a begin that is over', { startAt: at(-60) }, undefined, {}],
    ['an end', { expires: 60 }, undefined, { timeout: 60, timeoutMs: 60_000 }],
    ['an end at a time', { expires: at(60) }, undefined, { timeout: 60, timeoutMs: 60_000 }],
    ['an end before its timeout', { expires: 60 }, 90_000, { timeout: 60, timeoutMs: 60_000 }],
    ['an end after its timeout', { expires: 60 }, 30_000, { timeout: 30, timeoutMs: 30_000 }],
    ['both', { startAfter: 20, expires: 60 }, undefined, { delayMs: 20_000, timeout: 40, timeoutMs: 40_000 }],
  ])('%s', (_what, timing, timeoutMs, expected) => {
    const { delayMs, timeout } = expected;
    expect(timed(INPUT, timing, { timeoutMs, nowMs: NOW_MS })).toEqual({
      input: {
        ...INPUT,
        request: { ...INPUT.request, ...(timeout !== undefined && { timeout }) },
        ...(delayMs !== undefined && { delayMs }),
      },
      delayMs: delayMs ?? 0,
      timeoutMs: expected.timeoutMs ?? timeoutMs,
    });
  });

  test.each<[string, Timing, string]>([
    ['two begins', { startAt: at(1), startAfter: 1 }, 'give one of them'],
    ['an end before the begin', { startAfter: 60, expires: 30 }, 'over before the call begins'],
    ['an end that is over', { expires: at(-1) }, 'over before the call begins'],
    ['a begin in the past, by seconds', { startAfter: -1 }, 'expected a time, or seconds from now'],
    ['a begin in years', { startAfter: 1e9 }, 'at most 366 days ahead'],
    ['no time', { expires: new Date('soon') }, 'expected a time'],
  ])('%s is refused', (_what, timing, text) => {
    expect(() => timed(INPUT, timing, { timeoutMs: undefined, nowMs: NOW_MS })).toThrow(text);
  });
});
