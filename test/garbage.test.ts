import { setTimeout as pause } from 'node:timers/promises';
import { createContext, runInContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { Garbage } from '../src/garbage.js';

const MB = 1_000_000;

test('garbage is collected after large payloads, and not in a program that did not ask for it', () => {
  const garbage = new Garbage();
  const collect = vi.fn();
  garbage.collect(20 * MB);
  garbage.begin(collect);
  garbage.collect(MB);
  expect(collect).not.toHaveBeenCalled();
  garbage.collect(20 * MB);
  expect(collect).toHaveBeenCalledTimes(1);
});

test('soon is after those who are under way', async () => {
  const garbage = new Garbage();
  const collect = vi.fn();
  garbage.begin(collect);
  garbage.collectSoon(20 * MB);
  await Promise.resolve();
  expect(collect).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(collect).toHaveBeenCalledTimes(1));
});

test('calls that come now and then have a collection at each step; else a twentieth of the time is for them', async () => {
  const garbage = new Garbage();
  let [tookMs, count] = [140, 0];
  garbage.begin(() => {
    count += 1;
    const endMs = performance.now() + tookMs;
    while (performance.now() < endMs);
  });
  const collect = () => garbage.collect(20 * MB);
  // 0.3 s are kept for them.
  for (let time = 0; time < 5; time++) collect();
  expect(count).toBe(3);
  tookMs = 0;
  await vi.waitFor(
    () => {
      collect();
      expect(count).toBe(4);
    },
    { timeout: 60_000 },
  );
});

test('V8 gives its collector: what nobody has any more is gone', async () => {
  const garbage = new Garbage();
  garbage.begin();
  const held = (() => new WeakRef(new ArrayBuffer(20 * MB)))();
  // A weak reference that was just made holds until the next turn.
  await pause(0);
  garbage.collect(20 * MB);
  expect(held.deref()).toBeUndefined();
});

test('where V8 gives none, nothing is collected', () => {
  const garbage = new Garbage();
  garbage.begin(null);
  expect(() => garbage.collect(20 * MB)).not.toThrow();
  expect(() => garbage.giveMemoryBack()).not.toThrow();
});

test('workflows have no means to collect it, which would make them depend on their machine', () => {
  new Garbage().begin();
  expect(runInContext('typeof gc', createContext({}))).toBe('undefined');
});
