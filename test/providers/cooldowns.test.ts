import { describe, expect, test } from 'vitest';
import { Circuits } from '../../src/providers/circuits.js';
import { createCooldowns } from '../../src/providers/cooldowns.js';
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

  test('the only one of a group does not cool, but who was asked to wait comes back on a ramp', () => {
    const { now, pass } = clock();
    const circuits = new Circuits('w', now);
    const cooldowns = createCooldowns({ deployments: {} }, now, circuits);
    for (let count = 0; count < 3; count++) {
      cooldowns.failed({ id: 'a' }, true, failure('RateLimitError', { retryAfterMs: 60_000 }));
      pass(1_000);
    }
    expect([circuits.of('a'), cooldowns.returns(['a']).size]).toEqual([undefined, 0]);
    cooldowns.answered({ id: 'a' });
    pass(59_000);
    expect(circuits.of('a')).toMatchObject({ state: 'ramp', perSecond: 5, grows: true });
    pass(22_000);
    expect(circuits.of('a')).toBe(undefined);
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
