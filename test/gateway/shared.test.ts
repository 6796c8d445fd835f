import { setTimeout as sleep } from 'node:timers/promises';
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import type { CallHandle } from '../../src/client/call-handle.js';
import type { CallResult } from '../../src/core/call/call-types.js';
import type { GatewayContext } from '../../src/gateway/context.js';
import { registerHealthRoutes } from '../../src/gateway/routes/health.js';
import { SharedAnswers } from '../../src/gateway/shared-answers.js';
import { SharedWaits } from '../../src/gateway/shared-waits.js';
import { waitFor } from '../helpers/wait-for.js';

test('an answer is asked for once by all who ask within its age, also when it fails; then again', async () => {
  const shared = new SharedAnswers<number>(200);
  let asked = 0;
  const ask = async () => (asked += 1);
  expect(await Promise.all(Array.from({ length: 500 }, () => shared.get('a', ask)))).toEqual(Array(500).fill(1));
  expect(await shared.get('b', ask)).toBe(2);
  await waitFor(async () => (await shared.get('a', ask)) === 3, { everyMs: 20 });
  const fail = async (): Promise<number> => {
    throw new Error('away');
  };
  const failures = await Promise.allSettled([shared.get('c', fail), shared.get('c', ask)]);
  expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

/** A handle whose result is given from outside. */
function handleOf(callId: string, startedRunId: string | null = null) {
  const polls: { signal: AbortSignal; end: (result: CallResult) => void; fail: (error: Error) => void }[] = [];
  const result = ({ signal }: { signal: AbortSignal }) =>
    new Promise((resolve, reject) => {
      polls.push({ signal, end: resolve, fail: reject });
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  return { polls, handle: { callId, startedRunId, result } as unknown as CallHandle };
}

const ANSWER = { response: 'hi' } as unknown as CallResult;

test('all who join a call wait with one poll, which ends with the last of them', async () => {
  const waits = new SharedWaits();
  const { polls, handle } = handleOf('call-1');
  const clients = Array.from({ length: 3 }, () => new AbortController());
  const results = clients.map(({ signal }) =>
    waits.result(handle, signal).catch((error: unknown) => (error as Error).message),
  );
  expect(polls).toHaveLength(1);
  clients[0]?.abort(new Error('gone'));
  expect(await results[0]).toBe('gone');
  expect(polls[0]?.signal.aborted).toBe(false);
  polls[0]?.end(ANSWER);
  expect(await Promise.all(results)).toEqual(['gone', ANSWER, ANSWER]);

  const late = new AbortController();
  const left = waits.result(handle, late.signal).catch((error: unknown) => (error as Error).message);
  expect(polls).toHaveLength(2);
  late.abort(new Error('gone, too'));
  expect(await left).toBe('gone, too');
  await sleep(0);
  expect(polls[1]?.signal.aborted).toBe(true);
});

test('who started a run waits for that one', async () => {
  const waits = new SharedWaits();
  const [first, second] = [handleOf('call-1', 'run-1'), handleOf('call-1', 'run-2')];
  const { signal } = new AbortController();
  const results = [waits.result(first.handle, signal), waits.result(second.handle, signal)];
  const failed = expect(results[0]).rejects.toThrow('the first run');
  first.polls[0]?.fail(new Error('the first run'));
  second.polls[0]?.end(ANSWER);
  await failed;
  expect(await results[1]).toBe(ANSWER);
});

test('however many ask whether the gateway is ready, Temporal is asked once a second', async () => {
  let asked = 0;
  const client = { hasWorkers: async () => (asked += 1) > 0 };
  const app = fastify();
  registerHealthRoutes(app, { client } as unknown as GatewayContext);
  const answers = await Promise.all(Array.from({ length: 100 }, () => app.inject('/health/readiness')));
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  expect(answers[0]?.json()).toMatchObject({ status: 'ready', worker: 'polling' });
  expect(asked).toBe(1);
  await app.close();
});
