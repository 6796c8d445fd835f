import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collectAfter, collectsWhile } from '../../../src/activities/batch/collect-garbage.js';
import { garbage } from '../../../src/garbage.js';

beforeAll(() => garbage.begin());
afterAll(() => garbage.begin(null));

/** Garbage that only a collection of all finds: it has outlived some. Tells whether it is there. */
async function oldGarbage(): Promise<() => boolean> {
  const holder: { garbage?: object } = { garbage: {} };
  const old = new WeakRef(holder.garbage ?? {});
  garbage.giveMemoryBack();
  garbage.giveMemoryBack();
  delete holder.garbage;
  // What was made or looked at in a turn is there until its end.
  await nextTurn();
  return () => old.deref() !== undefined;
}

describe('garbage is collected', () => {
  test.each<[when: string, isCollected: boolean, work: () => void]>([
    ['after the work on a large file', true, () => collectAfter(5_000_000)],
    ['not after that on a small one', false, () => collectAfter(3_000_000)],
    ['while a larger one is worked on', true, () => collectsWhile()(8_000_000)],
    ['not with each block of it', false, () => collectsWhile()(7_000_000)],
  ])('%s', async (_, isCollected, work) => {
    const isThere = await oldGarbage();
    work();
    expect(isThere()).toBe(!isCollected);
  });

  test('every 8 MB', async () => {
    const collect = collectsWhile();
    const collected: number[] = [];
    for (let bytes = 4_000_000; bytes <= 24_000_000; bytes += 4_000_000) {
      const isThere = await oldGarbage();
      collect(bytes);
      if (!isThere()) collected.push(bytes);
    }
    expect(collected).toEqual([8_000_000, 16_000_000, 24_000_000]);
  });
});
