import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startMockProvider, type MockProvider } from '../../src/mock-provider/index.js';
import { RowMemory, type RowShare } from '../../src/providers/row-memory.js';
import { startAttemptTimer } from '../../src/providers/attempt-timer.js';
import { createCallProvider } from '../../src/providers/call-provider.js';
import { waitFor } from '../helpers/wait-for.js';
import { buildRequest } from './build-request.js';

const MB = 1_000_000;

/** So many bytes come of an answer; whether they have room. */
function coming(share: RowShare, bytes: number): () => boolean {
  const wait = share.take(bytes);
  let hasRoom = wait === null;
  void wait?.then(() => (hasRoom = true));
  return () => hasRoom;
}

describe('the memory of large answers', () => {
  test('is of no account for answers of usual size, however many there are', () => {
    const memory = new RowMemory(0);
    expect(Array.from({ length: 100 }, () => coming(memory.open(), MB)()).every(Boolean)).toBe(true);
  });

  test('is shared: others wait, in their order, until one is released', async () => {
    const memory = new RowMemory(10 * MB);
    const [first, second, third] = [memory.open(), memory.open(), memory.open()];
    expect(coming(first, 9 * MB)()).toBe(true);
    const [two, three] = [coming(second, 8 * MB), coming(third, 8 * MB)];
    expect([two(), three()]).toEqual([false, false]);
    first.release();
    await Promise.resolve();
    expect([two(), three()]).toEqual([true, false]);
    second.release();
    await Promise.resolve();
    expect(three()).toBe(true);
  });

  test('the one that was large first always goes on: answers that hold a part each do not wait for each other for ever', async () => {
    const memory = new RowMemory(10 * MB);
    const [first, second] = [memory.open(), memory.open()];
    expect([coming(first, 6 * MB)(), coming(second, 6 * MB)()]).toEqual([true, true]);
    const two = coming(second, 6 * MB);
    expect([coming(first, 60 * MB)(), two()]).toEqual([true, false]);
    first.release();
    await Promise.resolve();
    expect(two()).toBe(true);
  });

  test('one that goes away while it waits leaves its place', async () => {
    const memory = new RowMemory(MB);
    const [first, second, third] = [memory.open(), memory.open(), memory.open()];
    coming(first, 2 * MB);
    const two = coming(second, 3 * MB);
    const three = coming(third, 2 * MB);
    second.release();
    first.release();
    await Promise.resolve();
    expect([two(), three()]).toEqual([false, true]);
  });
});

describe('an answer that waits for memory', () => {
  let provider: MockProvider;
  beforeAll(async () => {
    provider = await startMockProvider({ answer: () => 'x'.repeat(3 * MB) });
  });
  afterAll(() => provider.close());

  test.each([false, true])('is read on when there is room, as a stream: %s', async (stream) => {
    const callProvider = createCallProvider([]);
    const memory = new RowMemory(MB);
    const ask = (share: RowShare) =>
      callProvider(
        buildRequest(provider, 'ok', {
          body: { messages: [{ role: 'user', content: 'Hi' }], stream },
          maxAnswerBytes: 64 * MB,
          memory: share,
        }),
      );
    const first = memory.open();
    expect(await ask(first)).toMatchObject({ facts: null });
    let waits = false;
    const share = memory.open();
    const watched: RowShare = {
      take: (bytes) => {
        const wait = share.take(bytes);
        waits ||= wait !== null;
        return wait;
      },
      release: () => share.release(),
    };
    let isThere = false;
    const second = ask(watched).then((outcome) => {
      isThere = true;
      return outcome;
    });
    await waitFor(() => waits);
    expect(isThere).toBe(false);
    first.release();
    expect(await second).toMatchObject({ facts: null });
  });

  test('the time of that is not the provider’s', async () => {
    const timer = startAttemptTimer({ limitMs: 50, scope: 'attempt' }, null);
    await timer.hold(sleep(200));
    expect(timer.reached).toBe(null);
    await once(timer.signal, 'abort');
    expect(timer.reached).toMatchObject({ scope: 'attempt' });
  });

  test('nor is it silence of a stream', async () => {
    const timer = startAttemptTimer({ limitMs: 60_000, scope: 'attempt' }, { firstContentMs: null, idleMs: 50 });
    timer.heard(true);
    await timer.hold(sleep(200));
    timer.heard(true);
    timer.heard(true);
    expect(timer.reached).toBe(null);
    await once(timer.signal, 'abort');
    expect(timer.reached).toMatchObject({ scope: 'idle' });
    timer.stop();
  });
});
