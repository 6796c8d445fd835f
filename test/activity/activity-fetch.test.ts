import { createServer } from 'node:http';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
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
