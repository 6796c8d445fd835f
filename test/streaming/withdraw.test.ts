import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { WorkflowStreams } from '../../src/streaming/workflow-streams.js';
import { attempt, write } from './transports.js';

/** A Temporal client whose server answers an update so. */
function clientThat(...answers: (boolean | Error)[]): { client: Client; asked: () => number } {
  let asked = 0;
  const executeUpdate = async () => {
    const answer = answers[asked++];
    if (typeof answer === 'boolean') return answer;
    throw answer ?? new Error('asked once too often');
  };
  const handle = { executeUpdate, signal: async () => undefined };
  const client = {
    workflow: { getHandle: () => handle },
    withAbortSignal: <T>(_signal: AbortSignal, ask: () => Promise<T>) => ask(),
  };
  return { client: client as unknown as Client, asked: () => asked };
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
  expect(await writer.withdraw()).toBe(withdrawn);
  expect(asked()).toBe(times);
});

test('what was never sent is taken back without a word', async () => {
  const { client, asked } = clientThat();
  const writer = new WorkflowStreams(client).writer({ callId: 'call', runId: 'run' }, attempt(1));
  expect(await writer.withdraw()).toBe(true);
  expect(asked()).toBe(0);
});
