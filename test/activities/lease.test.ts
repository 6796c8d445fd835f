import { describe, expect, test } from 'vitest';
import { watchLease } from '../../src/activities/lease.js';
import { clockAt } from './clock-at.js';

function watched(heartbeatTimeoutMs?: number) {
  const { clock, pass } = clockAt(0);
  let beats = 0;
  const lease = watchLease(clock, { heartbeatTimeoutMs }, () => (beats += 1));
  const begin = async (signal = new AbortController().signal) => {
    let isHeld = false;
    void lease.held(signal).then(() => (isHeld = true));
    await new Promise(setImmediate);
    return () => isHeld;
  };
  return { pass, begin, lease, beats: () => beats };
}

describe('the lease of an activity', () => {
  test('is held as long as the process runs', async () => {
    const { pass, begin, beats } = watched(10_000);
    for (let each = 0; each < 10; each++) {
      await pass(3_400);
      expect((await begin())()).toBe(true);
    }
    expect(beats()).toBe(0);
  });

  test('after a freeze, whoever begins something waits for the answer to a heartbeat; then all go on', async () => {
    const { pass, begin, beats } = watched(10_000);
    await pass(9_000);
    const [one, other] = [await begin(), await begin()];
    expect([one(), other(), beats()]).toEqual([false, false, 1]);
    await pass(3_000);
    expect([one(), other()]).toEqual([true, true]);
    expect((await begin())()).toBe(true);
    expect(beats()).toBe(1);
  });

  test('whoever waits is let go when the chunk is stopped', async () => {
    const { pass, begin } = watched(10_000);
    const stop = new AbortController();
    await pass(9_000);
    const isHeld = await begin(stop.signal);
    expect(isHeld()).toBe(false);
    stop.abort();
    await new Promise(setImmediate);
    expect(isHeld()).toBe(true);
    expect((await begin(stop.signal))()).toBe(true);
  });

  test('is of no account without a heartbeat timeout', async () => {
    const { pass, begin, lease } = watched();
    await pass(60_000);
    expect((await begin())()).toBe(true);
    lease.end();
  });
});
