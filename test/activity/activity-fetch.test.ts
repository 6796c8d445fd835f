import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { createOpenAI } from '@ai-sdk/openai';
import { ActivityCancellationDetails, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { generateText } from 'ai';
import { OpenAI } from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { activityFetch, activityIdempotencyKey, withFinalFailures } from '../../src/activity.js';
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

const ANSWERS: readonly [what: string, answer: (response: ServerResponse) => void][] = [
  ['an answer', () => {}],
  ['the rest of it', (response) => void response.write('one ')],
];

test.each(ANSWERS)('fetch waits for %s no longer when the activity is cancelled', async (_what, answer) => {
  const waiting = activity();
  const url = await serve((response) => {
    answer(response);
    waiting.cancel();
  });
  const asked = waiting.run(async () => (await activityFetch(url)).text());
  await expect(asked).rejects.toThrow(CancelledFailure);
});

describe('what cannot go on in this attempt is no cancellation, and worth another attempt', () => {
  const stopped = new ActivityCancellationDetails({ workerShutdown: true });
  const again = { status: 503, headers: new Headers({ 'x-should-retry': 'true', 'content-type': 'application/json' }) };

  test('the worker stops before there is an answer', async () => {
    const waiting = activity();
    const url = await serve(() => waiting.cancel('WORKER_SHUTDOWN', stopped));
    expect(await waiting.run(async () => activityFetch(url))).toMatchObject(again);
  });

  test('the worker stops in the midst of an answer', async () => {
    const waiting = activity();
    const url = await serve((response) => void response.write('one '));
    await waiting.run(async () => {
      const { body } = await activityFetch(url);
      const reader = body?.getReader();
      await reader?.read();
      waiting.cancel('WORKER_SHUTDOWN', stopped);
      await expect(reader?.read()).rejects.toEqual(new Error('the attempt of the activity was stopped'));
    });
  });

  test.each(['OpenAI', 'Vercel'])('the gateway is away: as the client of %s tells it', async (of) => {
    const gone = await listen(createServer(), { host: '127.0.0.1', port: 0 });
    await gone.close();
    const settings = { baseURL: gone.url, apiKey: 'any', fetch: activityFetch };
    const ask = (): PromiseLike<unknown> =>
      of === 'OpenAI'
        ? new OpenAI({ ...settings, maxRetries: 0 }).models.list()
        : generateText({ model: createOpenAI(settings)('fast'), prompt: 'Which bird?', maxRetries: 0 });
    const error = await activity().run(async () => withFinalFailures(ask).catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({
      message: expect.stringContaining('no answer of the gateway: the connection was refused'),
    });
    const { headers, responseHeaders } = error as { headers?: Headers; responseHeaders?: Record<string, string> };
    expect(headers?.get('x-should-retry') ?? responseHeaders?.['x-should-retry']).toBe('true');
    // Others see what fetch says.
    await expect(activityFetch(gone.url)).rejects.toThrow('fetch failed');
  });
});

test('a signal that is given counts, too', async () => {
  const leave = new AbortController();
  const url = await serve(() => leave.abort(new Error('I leave')));
  await activity().run(async () => {
    await expect(activityFetch(url, { signal: leave.signal })).rejects.toThrow('I leave');
  });
});
