import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createCooldowns } from '../../src/providers/cooldowns.js';
import { createLimiter } from '../../src/providers/limiter.js';
import { createSlots } from '../../src/providers/slots.js';
import { failure } from '../core/build.js';

/** A clock that a test turns. */
const clock = () => {
  let nowMs = 1_000_000;
  return { now: () => nowMs, pass: (ms: number) => void (nowMs += ms) };
};

describe('cooldowns of a worker', () => {
  test('a 429 cools one of several until its time is over', () => {
    const { now, pass } = clock();
    const cooldowns = createCooldowns({ deployments: {} }, now);
    cooldowns.failed({ id: 'a' }, false, failure('RateLimitError'));
    expect([...cooldowns.returns(['a', 'b'])]).toEqual([['a', now() + 5000]]);
    pass(5000);
    expect([...cooldowns.returns(['a', 'b'])]).toEqual([]);
  });

  test('failures are counted over a minute', () => {
    const { now, pass } = clock();
    const cooldowns = createCooldowns({ allowedFails: 1, deployments: {} }, now);
    cooldowns.failed({ id: 'a' }, true, failure('InternalServerError'));
    pass(60_000);
    cooldowns.failed({ id: 'a' }, true, failure('InternalServerError'));
    expect(cooldowns.returns(['a']).size).toBe(0);
    cooldowns.failed({ id: 'a' }, true, failure('InternalServerError'));
    expect(cooldowns.returns(['a']).size).toBe(1);
  });

  test('a deployment’s own settings win over the router’s', () => {
    const { now } = clock();
    const cooldowns = createCooldowns({ cooldownMs: 9000, deployments: { a: { cooldownMs: 1000 } } }, now);
    cooldowns.failed({ id: 'a' }, false, failure('RateLimitError'));
    cooldowns.failed({ id: 'b' }, false, failure('RateLimitError'));
    expect([...cooldowns.returns(['a', 'b'])]).toEqual([
      ['a', now() + 1000],
      ['b', now() + 9000],
    ]);
  });

  test('a model that a wildcard serves cools by the settings of its deployment, and by itself', () => {
    const { now } = clock();
    const cooldowns = createCooldowns({ deployments: { any: { cooldownMs: 1000 } } }, now);
    cooldowns.failed({ id: 'any/x', wildcardId: 'any' }, false, failure('RateLimitError'));
    expect([...cooldowns.returns(['any/x', 'any/y'])]).toEqual([['any/x', now() + 1000]]);
  });

  test('what is over is forgotten, and what is not stays', () => {
    const { now, pass } = clock();
    const cooldowns = createCooldowns({ allowedFails: 1, cooldownMs: 90_000, deployments: {} }, now);
    const fail = (id: string) => cooldowns.failed({ id }, true, failure('InternalServerError'));
    fail('a');
    pass(40_000);
    fail('a');
    expect(cooldowns.returns(['a']).size).toBe(1);
    pass(30_000);
    // The first of the two failures is over, the cooldown is not.
    fail('b');
    expect(cooldowns.returns(['a']).size).toBe(1);
    pass(61_000);
    fail('a');
    expect(cooldowns.returns(['a']).size).toBe(0);
  });

  test('disable_cooldowns', () => {
    const cooldowns = createCooldowns({ disableCooldowns: true, deployments: {} });
    cooldowns.failed({ id: 'a' }, false, failure('RateLimitError'));
    expect(cooldowns.returns(['a']).size).toBe(0);
  });
});

describe('slots of a worker', () => {
  test('without limits there is always one', async () => {
    const slots = createSlots({ deployments: {} });
    expect(await slots.take('a')).toMatchObject({ waitMs: null });
  });

  test('max_parallel_requests: the next one waits for a release', async () => {
    const slots = createSlots({ maxParallelRequests: 1, deployments: {} });
    const first = await slots.take('a');
    const waiting = slots.take('a');
    if (first.waitMs === null) first.release();
    expect(await waiting).toMatchObject({ waitMs: null });
  });

  test('max_parallel_requests: after a second the wait is left to Temporal', async () => {
    const slots = createSlots({ deployments: { a: { maxParallelRequests: 1 } } });
    await slots.take('a');
    expect(await slots.take('a')).toEqual({ waitMs: 2000 });
  });

  test('rpm: when the minute is full, the wait is known', async () => {
    const { now, pass } = clock();
    const slots = createSlots({ deployments: { a: { rpm: 2 } } }, createLimiter({ ...systemClock, now }));
    await slots.take('a');
    pass(10_000);
    await slots.take('a');
    pass(10_000);
    expect(await slots.take('a')).toEqual({ waitMs: 40_000 });
    pass(40_000);
    expect(await slots.take('a')).toMatchObject({ waitMs: null });
  });

  test('rpm: each that waits is told a time of its own', async () => {
    const { now, pass } = clock();
    const slots = createSlots({ deployments: { a: { rpm: 2 } } }, createLimiter({ ...systemClock, now }));
    await slots.take('a');
    pass(10_000);
    await slots.take('a');
    const waits: unknown[] = [];
    for (let count = 0; count < 4; count++) waits.push((await slots.take('a')).waitMs);
    expect(waits).toEqual([50_000, 60_000, 110_000, 120_000]);
    pass(50_000);
    expect(await slots.take('a')).toMatchObject({ waitMs: null });
  });

  test('rpm: a slot that was given back was never taken', async () => {
    const slots = createSlots({ deployments: { a: { rpm: 1 } } });
    const slot = await slots.take('a');
    if (slot.waitMs === null) slot.giveBack();
    expect(await slots.take('a')).toMatchObject({ waitMs: null });
  });
});
