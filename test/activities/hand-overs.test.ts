import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test, vi } from 'vitest';
import type { AttemptInFlight } from '../../src/activities/attempt-in-flight.js';
import { HandOvers } from '../../src/activities/hand-overs.js';
import type { Clock } from '../../src/clock.js';
import { progress } from '../core/build.js';
import { ANSWER, run } from './run-attempt.js';

/** As much of an attempt as is asked of it here. */
const attempt = () => {
  const stop = vi.fn<AttemptInFlight['stop']>();
  return { stop } as unknown as AttemptInFlight & { readonly stop: typeof stop };
};

/** A clock whose sleeps end when they are told to, but for those that were ended before. */
const manualClock = () => {
  const ends: (() => void)[] = [];
  const sleep: Clock['sleep'] = (_ms, { signal } = {}) =>
    new Promise((resolve, reject) => {
      ends.push(resolve);
      signal?.addEventListener('abort', () => reject(new Error('it was ended')));
    });
  const pass = async (): Promise<void> => {
    for (const end of ends.splice(0)) end();
    await new Promise(setImmediate);
  };
  return { sleep, pass };
};

/** One that has seen so many activities come. */
const after = (activities: number, proof: number, clock = manualClock()): HandOvers => {
  const handOvers = new HandOvers(clock, proof);
  for (let count = 0; count < activities; count += 1) {
    handOvers.expect(`run-${count}`, null);
    handOvers.take(`run-${count}`);
  }
  return handOvers;
};

test.each([
  ['none yet', 0, false],
  ['too few', 2, false],
  ['enough in a row', 3, true],
])('it is sure that activities come here when they came: %s', (_how, activities, sure) => {
  expect(after(activities, 3).areSure).toBe(sure);
});

test('an activity that was not expected proves nothing: it may be that of a fallback', () => {
  const handOvers = after(2, 3);
  expect(handOvers.take('another')).toBe(null);
  expect(handOvers.areSure).toBe(false);
});

test('one that does not come in time makes it unsure, and its attempt is stopped', async () => {
  const clock = manualClock();
  const handOvers = after(3, 3, clock);
  const lost = attempt();
  handOvers.expect('run', lost);
  expect(handOvers.areSure).toBe(true);
  await clock.pass();
  expect(lost.stop).toHaveBeenCalledExactlyOnceWith({ notFound: true });
  expect(handOvers.areSure).toBe(false);
  expect(handOvers.take('run')).toBe(null);
});

test('an attempt goes on in the activity of its run, once', async () => {
  const clock = manualClock();
  const handOvers = new HandOvers(clock, 0);
  const mine = attempt();
  handOvers.expect('run', mine);
  expect(handOvers.waiting('run')).toBe(mine);
  expect(handOvers.take('run')).toBe(mine);
  expect([handOvers.waiting('run'), handOvers.take('run')]).toEqual([null, null]);
  await clock.pass();
  expect(mine.stop).not.toHaveBeenCalled();
});

test('one that is expected again is expected once', async () => {
  const clock = manualClock();
  const handOvers = new HandOvers(clock, 0);
  const mine = attempt();
  handOvers.expect('run', mine);
  handOvers.expect('run', mine);
  expect(handOvers.take('run')).toBe(mine);
  await clock.pass();
  expect(mine.stop).not.toHaveBeenCalled();
});

test.each<[how: string, its: Parameters<typeof run>[0]]>([
  ['has failed there', { attempt: 2 }],
  ['was reset, and tells what that worker did', { heartbeatDetails: progress({ attempts: 2, ended: 2 }) }],
])('an activity that another worker had, and that %s, goes on without the attempt that waits', async (_how, its) => {
  const handOvers = new HandOvers(manualClock());
  const { runId = '' } = new MockActivityEnvironment().context.info.workflowExecution ?? {};
  const mine = attempt();
  handOvers.expect(runId, mine);
  await expect(run({ ...its, handOvers }).output).resolves.toMatchObject({ response: ANSWER.response });
  expect(mine.stop).toHaveBeenCalledExactlyOnceWith({ notFound: true });
});
