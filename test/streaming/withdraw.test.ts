import { setImmediate } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { WorkflowStreams } from '../../src/streaming/workflow-streams.js';
import { attempt, write } from './transports.js';

/** A Temporal client whose server answers an update so. */
function clientThat(...answers: (boolean | Error)[]) {
  let asked = 0;
  const steps: string[] = [];
  const executeUpdate = async () => {
    const answer = answers[asked++];
    steps.push('withdraw');
    if (typeof answer === 'boolean') return answer;
    throw answer ?? new Error('asked once too often');
  };
  const handle = { executeUpdate, signal: async () => void steps.push('parts') };
  const client = {
    workflow: { getHandle: () => handle },
    withAbortSignal: <T>(_signal: AbortSignal, ask: () => Promise<T>) => ask(),
  };
  return { client: client as unknown as Client, asked: () => asked, steps };
}

test.each<[what: string, answers: (boolean | Error)[], withdrawn: boolean, asked: number]>([
  ['nobody has read of it', [true], true, 1],
  ['somebody has', [false], false, 1],
  ['while the server is away, it is asked again', [new Error('UNAVAILABLE'), true], true, 2],
  ['a call that is over', [new WorkflowNotFoundError('gone', 'call', undefined)], false, 1],
])('what was sent of an attempt that failed: %s', async (_, answers, withdrawn, times) => {
  const { client, asked } = clientThat(...answers);
  const writer = new WorkflowStreams(client).writer({ callId: 'call', runId: 'run' }, attempt(1));
  write(writer, 'Hel');
  await setImmediate();
  expect(await writer.withdraw()).toBe(withdrawn);
  expect(asked()).toBe(times);
});

test('what was never sent is taken back without a word', async () => {
  const { client, asked } = clientThat();
  const writer = new WorkflowStreams(client).writer({ callId: 'call', runId: 'run' }, attempt(1));
  expect(await writer.withdraw()).toBe(true);
  expect(asked()).toBe(0);
});

test.each([
  ['the first one of a call takes nothing back', attempt(1), ['parts']],
  ['another one what those before it left', attempt(2), ['withdraw', 'parts']],
  ['so does that of a fallback', { ...attempt(1), fallbacks: 1 }, ['withdraw', 'parts']],
])('before its first parts, %s', async (_, of, expected) => {
  const { client, steps } = clientThat(true);
  const writer = new WorkflowStreams(client).writer({ callId: 'call', runId: 'run' }, of);
  write(writer, 'Hel');
  await writer.close();
  expect(steps).toEqual(expected);
});

test('one that fails before it has heard whether there was something to take back sends nothing any more', async () => {
  const { client, steps } = clientThat(new Error('UNAVAILABLE'), true);
  const writer = new WorkflowStreams(client).writer({ callId: 'call', runId: 'run' }, attempt(2));
  write(writer, 'Hel');
  expect(await writer.withdraw()).toBe(true);
  await writer.close();
  expect(steps).toEqual(['withdraw', 'withdraw']);
});

test('one that fails before a part of it was sent was read by nobody, whoever has read of those before it, or waits', async () => {
  const { client, steps } = clientThat(false);
  const writer = new WorkflowStreams(client).writer({ callId: 'call', runId: 'run' }, attempt(2));
  write(writer, 'Hel');
  expect(await writer.withdraw()).toBe(true);
  await writer.close();
  expect(steps).toEqual(['withdraw']);
});
