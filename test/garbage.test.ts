import { setTimeout as pause } from 'node:timers/promises';
import { createContext, runInContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { Garbage, giveBack } from '../src/garbage.js';

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

test('before JSON is made of a value garbage is collected where the value has much text', () => {
  const garbage = new Garbage();
  const collect = vi.fn();
  garbage.begin(collect);
  garbage.collectBefore({ messages: [{ content: 'x'.repeat(7 * MB) }] });
  expect(collect).not.toHaveBeenCalled();
  garbage.collectBefore({ messages: [{ content: 'x'.repeat(8 * MB) }] });
  expect(collect).toHaveBeenCalledTimes(1);
});

test('what is given back is nobody’s any more, but for small buffers, which have one block together', () => {
  const [large, small] = [Buffer.alloc(100_000), Buffer.from('small')];
  giveBack(large);
  giveBack(small);
  expect(large).toHaveLength(0);
  expect(String(small)).toBe('small');
});

test('soon is after those who are under way', async () => {
  const garbage = new Garbage();
  const collect = vi.fn();
  garbage.begin(collect);
  garbage.collectSoon(20 * MB);
  await Promise.resolve();
  expect(collect).not.toHaveBeenCalled();
  await new Promise(setImmediate);
  expect(collect).toHaveBeenCalledTimes(1);
});

test('calls that come now and then have a collection at each step; else a twentieth of the time is for them', () => {
  let [nowMs, count] = [0, 0];
  const garbage = new Garbage(() => nowMs);
  garbage.begin(() => {
    count += 1;
    nowMs += 140;
  });
  const countOf = (payloads: number) => {
    count = 0;
    for (let payload = 0; payload < payloads; payload++) garbage.collect(20 * MB);
    return count;
  };
  // 300 ms are kept for them: the third takes 120 ms that were not there, which come back within 2.4 s.
  expect(countOf(5)).toBe(3);
  nowMs += 2_400;
  expect(countOf(5)).toBe(0);
  nowMs += 1;
  expect(countOf(5)).toBe(1);
  // However long none came, no more is kept.
  nowMs += 3_600_000;
  expect(countOf(5)).toBe(3);
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
