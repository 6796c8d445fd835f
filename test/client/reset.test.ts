import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CallHandle, StreamEvent } from '../../src/client.js';
import { rowCallId } from '../../src/core/batch/batch.js';
import { readLines, testRows, writeBatch } from '../helpers/batch.js';
import { withClient } from '../helpers/call-history.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway({
    model_list: [...group('held'), ...group('waits')],
    router_settings: { ...FAST, num_retries: 3 },
  });
});
afterAll(() => gateway.close());
// The request of the first run is never answered.
const TEXT = { sse: ['hi ', 'there'] };
beforeEach(() => gateway.provider.setScript({ 'held-up': [{ hang: true }, TEXT] }));

const messages = [{ role: 'user' as const, content: 'hi' }];
const request = { model: 'held', messages };

/** A call has an activity once its first task is over: from there on it can be reset. */
async function begun(callId: string): Promise<void> {
  const { client, provider } = gateway;
  const describe = () => client.handle(callId).describe();
  await waitFor(async () => (await describe().catch(() => null))?.pending, { what: 'the activity of the call' });
  const isOpen = () =>
    provider.requestsFor('held-up').some((each) => !('finishedAt' in each) && !('abortedAt' in each));
  await waitFor(isOpen, { what: 'its request to the provider' });
}

/** As `temporal workflow reset` does: another run goes on after the first task, in which the plan was made. */
async function reset(callId: string): Promise<void> {
  await withClient(async (client) => {
    const { events } = await client.workflow.getHandle(callId).fetchHistory();
    const first = events?.find(({ workflowTaskCompletedEventAttributes: completed }) => completed);
    await client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: callId },
      // The SDK sends numbers, whatever its types say.
      workflowTaskFinishEventId: Number(first?.eventId) as never,
      requestId: randomUUID(),
      reason: 'test',
    });
  });
}

async function resetWhileAsked(callId: string): Promise<void> {
  await begun(callId);
  await reset(callId);
}

/** The list may still have the calls before it. */
const callOf = (caller: string) =>
  waitFor(
    async () => {
      const { client, taskQueue } = gateway;
      for await (const { callId } of client.list({ state: 'running', query: `TaskQueue = "${taskQueue}"` })) {
        if ((await client.handle(callId).describe()).state === 'running') return callId;
      }
      return null;
    },
    { what: `the call of ${caller}` },
  );

test('who waits for a call that is reset gets the answer of the new run', async () => {
  const call = await gateway.client.start(request);
  const answer = call.result();
  await resetWhileAsked(call.callId);
  expect((await answer).response.choices[0]?.message.content).toContain('hi');
});

test('who joins it by its key does, too', async () => {
  const idempotencyKey = `reset-${randomUUID()}`;
  const call = await gateway.client.start(request, { idempotencyKey });
  await resetWhileAsked(call.callId);
  const joined = await gateway.client.start(request, { idempotencyKey });
  expect(joined.startedRunId).toBeNull();
  const [first, second] = await Promise.all([call.result(), joined.result()]);
  expect(second).toEqual(first);
});

test.each(['plain', 'streamed'])('a client of the gateway does, %s', async (how) => {
  const stream = how === 'streamed';
  const response = gateway.fetch('/v1/chat/completions', { json: { ...request, stream } });
  await resetWhileAsked(await callOf('the client'));
  const text = await (await response).text();
  expect(text).toContain('hi');
  if (stream) expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
});

test('who reads its answer along reads that of the new run, from another process', async () => {
  gateway.provider.setScript({ 'held-up': [{ hang: true }, { ...TEXT, hold: true }] });
  const events: StreamEvent[] = [];
  const idempotencyKey = `reset-${randomUUID()}`;
  const read = (async () => {
    for await (const event of gateway.client.stream(request, { idempotencyKey })) events.push(event);
  })();
  await resetWhileAsked(idempotencyKey);
  await waitFor(() => events.some(({ type }) => type === 'chunk'), { what: 'the begin of the answer' });
  gateway.provider.release();
  await read;
  expect(events[0]).toEqual({ type: 'attempt', callId: idempotencyKey, group: 'held', attempt: 1, insteadOf: null });
  expect(events.at(-1)).toMatchObject({ type: 'end', callId: idempotencyKey });
});

test('a batch has the answer of a row whose call is reset', async () => {
  gateway.provider.setScript({ 'waits-up': '429(retry-after=3600)' });
  const files = await writeBatch(testRows(1, ['waits']));
  const batch = await gateway.client.batches.submit({ input: files.input, output: files.output });
  const row: CallHandle = gateway.client.handle(rowCallId(batch.batchId, 0));
  await waitFor(async () => (await row.describe().catch(() => null))?.pending?.state === 'waiting', {
    what: 'the row to wait',
  });
  gateway.provider.setScript({ 'waits-up': 'ok' });
  await reset(row.callId);
  await batch.result();
  expect(await readLines(files.outputFile)).toMatchObject([{ custom_id: 'row-0', response: { status_code: 200 } }]);
});

test('a call that is terminated is told as that', async () => {
  const call = await gateway.client.start(request);
  const answer = call.result();
  await withClient((client) => client.workflow.getHandle(call.callId).terminate());
  await expect(answer).rejects.toMatchObject({
    kind: 'CancelledError',
    message: expect.stringContaining('terminated'),
  });
});
