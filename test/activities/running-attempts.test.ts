import { expect, test } from 'vitest';
import { RunningAttempts } from '../../src/activities/running-attempts.js';

const accepted = async () => {};

test('the attempts of a cancelled call are aborted, those of others are not', async () => {
  const running = new RunningAttempts();
  const [one, two, other] = [running.begin('a'), running.begin('a'), running.begin('b')];
  await running.cancel('a', accepted);
  expect([one, two, other].map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
});

test('a cancellation that Temporal does not accept aborts nothing', async () => {
  const running = new RunningAttempts();
  const { signal } = running.begin('a');
  const refused = running.cancel('a', () => Promise.reject(new Error('the server is away')));
  await expect(refused).rejects.toThrow('the server is away');
  expect(signal.aborted).toBe(false);
});

test('an attempt that is over, or begins after the word was given, is left alone', async () => {
  const running = new RunningAttempts();
  const over = running.begin('a');
  over.end();
  let late = over;
  await running.cancel('a', async () => void (late = running.begin('a')));
  expect([over, late].map(({ signal }) => signal.aborted)).toEqual([false, false]);
});
