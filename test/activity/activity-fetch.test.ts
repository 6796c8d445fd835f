import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, onTestFinished, test } from 'vitest';
import { activityFetch, activityIdempotencyKey } from '../../src/activity.js';
import { listen } from '../../src/listen.js';

const activity = (info: object = {}) =>
  new MockActivityEnvironment({
    workflowExecution: { workflowId: 'booking-7', runId: 'run-1' },
    activityId: '3',
    ...info,
  });

test.each<[what: string, info: object, isSame: boolean]>([
  ['another attempt of the activity', { attempt: 2 }, true],
  ['another activity', { activityId: '4' }, false],
  ['the same activity of another run', { workflowExecution: { workflowId: 'booking-7', runId: 'run-2' } }, false],
])('the key of %s', async (_what, info, isSame) => {
  const key = async () => activityIdempotencyKey();
  const first = await activity().run(key);
  expect(first).toMatch(/^booking-7\/3\/[0-9a-f]{32}$/);
  expect((await activity(info).run(key)) === first).toBe(isSame);
});

test('a part tells calls of one activity apart, and a long id of a workflow is left out', async () => {
  const both = async () => [activityIdempotencyKey('a'), activityIdempotencyKey('b')];
  const keys = (await activity().run(both)) as string[];
  expect(new Set(keys).size).toBe(2);
  const long = activity({ workflowExecution: { workflowId: 'x'.repeat(250), runId: 'run-1' } });
  expect(await long.run(async () => activityIdempotencyKey())).toMatch(/^activity-[0-9a-f]{32}$/);
});

test('fetch has the key of the activity and the body, where there is none', async () => {
  const keys: unknown[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers['idempotency-key']);
    response.end();
  });
  const listening = await listen(server, { host: '127.0.0.1', port: 0 });
  const post = async (body: string, headers = {}) =>
    void (await activityFetch(listening.url, { method: 'POST', body, headers }));
  await activity().run(async () => {
    await post('one');
    await post('two');
  });
  await activity({ attempt: 2 }).run(async () => {
    await post('one');
    await post('one', { 'idempotency-key': 'mine' });
  });
  await post('one');
  const [first, second, again, own, outside] = keys;
  expect(first).toMatch(/^booking-7\/3\//);
  expect(second).not.toBe(first);
  expect([again, own, outside]).toEqual([first, 'mine', undefined]);
  await listening.close();
});

/** A server that answers as the test says. */
async function serve(answer: (response: ServerResponse) => unknown): Promise<string> {
  const listening = await listen(
    createServer((_request, response) => answer(response)),
    { host: '127.0.0.1', port: 0 },
  );
  onTestFinished(() => listening.close());
  return listening.url;
}

test('fetch heartbeats while it waits for an answer, and for the rest of it', async () => {
  const waiting = activity({ heartbeatTimeoutMs: 30 });
  const beats = async () => {
    for (let beat = 0; beat < 3; beat++) await once(waiting, 'heartbeat');
  };
  const url = await serve(async (response) => {
    await beats();
    response.write('one ');
    await beats();
    response.end('two');
  });
  expect(await waiting.run(async () => (await activityFetch(url)).text())).toBe('one two');
});

test('fetch sends no heartbeats where the activity has no time for them', async () => {
  const waiting = activity();
  waiting.on('heartbeat', () => expect.unreachable());
  const url = await serve((response) => void response.end('one'));
  expect(await waiting.run(async () => (await activityFetch(url)).text())).toBe('one');
});

test.each<[what: string, answer: (response: ServerResponse) => void]>([
  ['an answer', () => {}],
  ['the rest of it', (response) => void response.write('one ')],
])('fetch waits for %s no longer when the activity is cancelled', async (_what, answer) => {
  const waiting = activity();
  const url = await serve((response) => {
    answer(response);
    // After what was written has gone out.
    setImmediate(() => waiting.cancel());
  });
  const asked = waiting.run(async () => (await activityFetch(url)).text());
  await expect(asked).rejects.toThrow(CancelledFailure);
});

test('a signal that is given counts, too', async () => {
  const leave = new AbortController();
  const url = await serve(() => leave.abort(new Error('I leave')));
  await activity().run(async () => {
    await expect(activityFetch(url, { signal: leave.signal })).rejects.toThrow('I leave');
  });
});
