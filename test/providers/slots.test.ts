import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Share } from '../../src/core/deployments/shares.js';
import { createLimiter, type Asking, type Slot, type Turn } from '../../src/providers/limiter.js';
import { createSlots } from '../../src/providers/slots.js';

const ASKING: Asking = {
  flow: '',
  priority: 3,
  place: undefined,
  deadlineMs: null,
  signal: new AbortController().signal,
};

function clock() {
  let nowMs = 1_000_000;
  return { now: () => nowMs, pass: (ms: number) => void (nowMs += ms) };
}

function slotOf(taken: Slot | Turn): Slot {
  if (taken.waitMs !== null) throw new Error(`no slot: come back in ${taken.waitMs} ms`);
  return taken;
}

describe('slots of a worker', () => {
  test('without limits there is always one', async () => {
    const slots = createSlots({ deployments: {} });
    for (let count = 0; count < 3; count++) slotOf(await slots.take('a', ASKING));
  });

  test('max_parallel_requests: the next one waits for a release', async () => {
    const slots = createSlots({ maxParallelRequests: 1, deployments: {} });
    const first = slotOf(await slots.take('a', ASKING));
    const waiting = slots.take('a', ASKING);
    first.release();
    slotOf(await waiting);
  });

  test('max_parallel_requests: who stood in line for long is told to come back', async () => {
    const { now, pass } = clock();
    const sleep = async (ms: number) => pass(ms);
    const slots = createSlots({ deployments: { a: { maxParallelRequests: 1 } } }, createLimiter({ now, sleep }));
    slotOf(await slots.take('a', ASKING));
    expect(await slots.take('a', ASKING)).toMatchObject({ waitMs: 1000 });
  });

  test('who goes away, or has no time left, stands in no line', async () => {
    const slots = createSlots({ deployments: { a: { maxParallelRequests: 1 } } });
    const first = slotOf(await slots.take('a', ASKING));
    const away = new AbortController();
    const waiting = slots.take('a', { ...ASKING, signal: away.signal });
    away.abort();
    expect(await waiting).toMatchObject({ waitMs: expect.any(Number) });
    expect(await slots.take('a', { ...ASKING, signal: away.signal })).toMatchObject({ waitMs: expect.any(Number) });
    expect(await slots.take('a', { ...ASKING, deadlineMs: Date.now() + 1 })).toMatchObject({
      waitMs: expect.any(Number),
    });
    first.release();
    slotOf(await slots.take('a', ASKING));
  });

  test('one whose time is over by when its share of the limit was to come begins no more', async () => {
    const { now, pass } = clock();
    const limiter = createLimiter({ ...systemClock, now });
    const shared = {
      workersOf: () => 1,
      of: async () => {
        pass(500);
        return () => ({ maxParallelRequests: 1 });
      },
    };
    const slots = createSlots({ deployments: { a: { maxParallelRequests: 1 } } }, limiter, shared);
    expect(await slots.take('a', { ...ASKING, deadlineMs: now() + 500 })).toMatchObject({ waitMs: 1 });
    slotOf(await slots.take('a', { ...ASKING, deadlineMs: now() + 501 }));
  });

  test('rpm: when the minute is full, the wait is known', async () => {
    const { now, pass } = clock();
    const slots = createSlots({ deployments: { a: { rpm: 2 } } }, createLimiter({ ...systemClock, now }));
    await slots.take('a', ASKING);
    pass(10_000);
    await slots.take('a', ASKING);
    pass(10_000);
    expect(await slots.take('a', ASKING)).toMatchObject({ waitMs: 36_000 });
    pass(40_250);
    slotOf(await slots.take('a', ASKING));
  });

  test('rpm: each that waits is told a time of its own, and is known by its place when it is back', async () => {
    const { now, pass } = clock();
    const slots = createSlots({ deployments: { a: { rpm: 2 } } }, createLimiter({ ...systemClock, now }));
    await slots.take('a', ASKING);
    pass(10_000);
    await slots.take('a', ASKING);
    const turns: Turn[] = [];
    for (let count = 0; count < 4; count++) turns.push((await slots.take('a', ASKING)) as Turn);
    expect(turns.map(({ waitMs }) => waitMs)).toEqual([45_000, 75_000, 105_000, 135_000]);
    const places = turns.map(({ waitMs, sinceMs }) => ({ sinceMs, dueMs: now() + waitMs }));
    expect(await slots.take('a', { ...ASKING, place: places[0] })).toMatchObject({ waitMs: 45_000 });
    for (const [index, place] of places.entries()) {
      pass(place.dueMs + 5_250 + index * 250 - now());
      slotOf(await slots.take('a', { ...ASKING, place }));
    }
  });

  test('one that was told its turn just now is told again, and stays only where it comes at once', async () => {
    const { now } = clock();
    const settings: { deployments: Record<string, Share> } = { deployments: { a: { rpm: 2 } } };
    const slots = createSlots(settings, createLimiter({ ...systemClock, now }));
    for (let count = 0; count < 2; count++) slotOf(await slots.take('a', ASKING));
    const { sinceMs, waitMs } = (await slots.take('a', ASKING)) as Turn;
    settings.deployments = { a: { rpm: 6 } };
    const place = { sinceMs, dueMs: now() + waitMs, isNew: true };
    expect(waitMs).toBe(55_000);
    expect(await slots.take('a', { ...ASKING, place })).toEqual({ waitMs: 17_500, sinceMs });
  });

  test('a limit that becomes another one holds for those who wait, too', async () => {
    const settings: { deployments: Record<string, Share> } = { deployments: { a: { maxParallelRequests: 1 } } };
    const limiter = createLimiter();
    const slots = createSlots(settings, limiter);
    slotOf(await slots.take('a', ASKING));
    const waiting = slots.take('a', ASKING);
    settings.deployments = { a: { maxParallelRequests: 2 } };
    limiter.goOn();
    slotOf(await waiting);
    settings.deployments = {};
    slotOf(await slots.take('a', ASKING));
  });

  test('whom somebody calls back is told its turn by the limit of then', async () => {
    const { now } = clock();
    const settings: { deployments: Record<string, Share> } = { deployments: { a: { rpm: 2 } } };
    const slots = createSlots(settings, createLimiter({ ...systemClock, now }));
    for (let count = 0; count < 2; count++) slotOf(await slots.take('a', ASKING));
    const { sinceMs, waitMs } = (await slots.take('a', ASKING)) as Turn;
    // Whoever comes by itself before its time is sent away again.
    const early = { sinceMs, dueMs: now() + waitMs };
    expect(await slots.take('a', { ...ASKING, place: early })).toEqual({ waitMs, sinceMs });
    settings.deployments = { a: { rpm: 6 } };
    const again = await slots.take('a', { ...ASKING, place: { sinceMs, dueMs: now() } });
    expect({ waitMs, again }).toEqual({ waitMs: 55_000, again: { waitMs: 17_500, sinceMs } });
  });

  test('the limit of a caller is the one that its last request came with', async () => {
    const limiter = createLimiter();
    const first = slotOf(await limiter.take('key', () => ({ maxParallelRequests: 1 }), ASKING));
    slotOf(await limiter.take('key', () => ({ maxParallelRequests: 2 }), ASKING));
    first.release();
  });

  test('tpm: what a request is expected to use is settled by what it has used', async () => {
    const { now, pass } = clock();
    const slots = createSlots({ deployments: { a: { tpm: 6_000 } } }, createLimiter({ ...systemClock, now }));
    const take = () => slots.take('a', ASKING, () => ({ prompt: 600, mostAnswer: 0 }));
    const first = slotOf(await take());
    expect(await take()).toMatchObject({ waitMs: 3_500 });
    first.release(100);
    pass(1_000);
    slotOf(await take()).release(3_000);
    expect(await take()).toMatchObject({ waitMs: expect.any(Number) });
    pass(24_000);
    expect(await take()).toMatchObject({ waitMs: expect.any(Number) });
  });

  test('rpm: a slot that was given back was never taken', async () => {
    const slots = createSlots({ deployments: { a: { rpm: 1 } } });
    slotOf(await slots.take('a', ASKING)).giveBack();
    slotOf(await slots.take('a', ASKING));
  });
});
