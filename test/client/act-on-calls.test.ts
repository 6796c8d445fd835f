import { expect, test } from 'vitest';
import { actOnCalls, findRunningCalls, type ActOptions } from '../../src/client/act-on-calls.js';
import type { ListedCall } from '../../src/client/list-calls.js';

const IDS = ['one', 'two', 'three', 'four'];

/** Sleeping takes no time, and is what the time goes by. */
function world() {
  let nowMs = 0;
  const slept: number[] = [];
  const sleep = async (ms: number) => {
    slept.push(ms);
    nowMs += ms;
  };
  const stopped = new AbortController();
  const options: ActOptions = {
    clock: { now: () => nowMs, sleep },
    perSecond: 10,
    stopped: stopped.signal,
    tell: () => undefined,
  };
  return { slept, stopped, options };
}

test('a ramp lets so many through in a second', async () => {
  const { slept, options } = world();
  const asked: string[] = [];
  const acted = await actOnCalls(IDS, async (id) => void asked.push(id), options);
  expect(acted).toEqual({ took: 4, refused: 0, left: 0 });
  expect(asked).toEqual(IDS);
  expect(slept).toEqual([100, 100, 100]);
});

test('it stops between two calls, and says how far it came', async () => {
  const { stopped, options } = world();
  const act = async (id: string) => {
    if (id === 'two') stopped.abort();
  };
  expect(await actOnCalls(IDS, act, options)).toEqual({ took: 2, refused: 0, left: 2 });
});

test('whoever is told slowly holds up the calls that follow', async () => {
  const { options } = world();
  const ids = Array.from({ length: 100 }, (_, index) => `call-${index}`);
  let hear = (): void => undefined;
  const heard = new Promise<void>((resolve) => (hear = resolve));
  let asked = 0;
  const acting = actOnCalls(ids, async () => void (asked += 1), {
    ...options,
    perSecond: null,
    tell: () => heard,
  });
  for (let turn = 0; turn < 1000; turn += 1) await Promise.resolve();
  expect(asked).toBeLessThan(50);
  hear();
  expect(await acting).toEqual({ took: 100, refused: 0, left: 0 });
  expect(asked).toBe(100);
});

test('who refuses is told, and keeps none of the others from it', async () => {
  const { options } = world();
  const told: unknown[] = [];
  const act = async (id: string) => {
    if (id === 'two') throw new Error('not this one');
  };
  const acted = await actOnCalls(IDS, act, {
    ...options,
    tell: ({ callId, error }) => void told.push([callId, error?.message]),
  });
  expect(acted).toEqual({ took: 3, refused: 1, left: 0 });
  expect(told).toContainEqual(['two', 'not this one']);
});

test.each([
  [4, IDS, false],
  [3, IDS.slice(0, 3), true],
])('a filter that finds 4 calls where at most %i are acted on', async (most, ids, areMore) => {
  const asked: unknown[] = [];
  const client = {
    async *list(options: unknown) {
      asked.push(options);
      yield* IDS.map((callId) => ({ callId }) as ListedCall);
    },
  };
  expect(await findRunningCalls(client, { kind: 'RateLimitError' }, most)).toEqual({ ids, areMore });
  expect(asked).toEqual([{ kind: 'RateLimitError', state: 'running', limit: most + 1 }]);
});
