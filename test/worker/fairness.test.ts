import { afterAll, beforeAll, expect, test } from 'vitest';
import { testRows, writeBatch } from '../helpers/batch.js';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { openTemporal, type TestTemporal } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';

const BACKLOG = 40;
const request = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'hi' }] });

let holdfast: TestHoldfast;
let temporal: TestTemporal;
beforeAll(async () => {
  const config = { model_list: [...group('slow'), ...group('quick')] };
  const script = { 'slow-up': 'held', 'quick-up': 'ok' };
  holdfast = await openHoldfast(config, script, { activitySlots: 2 });
  temporal = await openTemporal();
});
afterAll(async () => {
  await holdfast.close();
  await temporal.close();
});

test("one owner's calls that wait for a worker hold up no other owner's", async () => {
  const { client, provider } = holdfast;
  const many = await Promise.all(
    Array.from({ length: BACKLOG }, () => client.start(request('slow'), { owner: 'the many' })),
  );
  const quick = await client.start(request('quick'), { owner: 'the one' });
  const waiting = async () =>
    (await Promise.all([...many, quick].map((call) => call.describe()))).every(({ pending }) => pending !== null);
  await waitFor(waiting, { what: 'all calls to wait for the slots' });
  const before = provider.callCount('slow-up');
  await waitFor(() => {
    provider.release();
    return provider.callCount('quick-up') === 1;
  });
  // Without fairness all that waited before would come first.
  expect(provider.callCount('slow-up') - before).toBeLessThan(BACKLOG / 4);
  await Promise.all(many.map((call) => call.cancel()));
});

test('activities, and the calls of rows, have the fairness key of their call or batch', async () => {
  const { workflowId } = await temporal.client.workflow.start('llmCall', {
    taskQueue: 'nobody',
    workflowId: `fair-${holdfast.taskQueue}`,
    args: [{}],
    priority: { fairnessKey: 'one key', priorityKey: 4 },
  });
  const handle = temporal.client.workflow.getHandle(workflowId);
  expect((await handle.describe()).priority).toMatchObject({ fairnessKey: 'one key', priorityKey: 4 });
  await handle.terminate();
  const call = await holdfast.client.start(request('quick'), { owner: 'x'.repeat(100) });
  await call.result();
  const { priority } = await temporal.client.workflow.getHandle(call.callId).describe();
  expect(priority?.fairnessKey).toMatch(/^[0-9a-f]{64}$/);
});

test('activities are scheduled with the fairness key: what comes without a queue has no other', async () => {
  const scheduled = async (workflowId: string) => {
    const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: its }) =>
      its?.activityType?.name === 'callModelGroup' || its?.activityType?.name === 'runChunk' ? [its.priority] : [],
    );
  };
  const call = await holdfast.client.start(request('quick'), { owner: 'somebody' });
  await call.result();
  expect(await scheduled(call.callId)).toMatchObject([{ fairnessKey: 'somebody' }]);
  const { input, output } = await writeBatch(testRows(1, ['quick']));
  const batch = await holdfast.client.batches.submit({ input, output, mode: 'packed' });
  await batch.result();
  expect(await scheduled(batch.batchId)).toMatchObject([{ fairnessKey: batch.batchId, priorityKey: 4 }]);
});
