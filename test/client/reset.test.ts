import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { openTemporal, type TestTemporal } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';

let holdfast: TestHoldfast;
let temporal: TestTemporal;
beforeAll(async () => {
  holdfast = await openHoldfast({ model_list: group('held') }, { 'held-up': 'held' });
  temporal = await openTemporal(inject('temporalAddress'));
});
afterAll(async () => {
  await holdfast.close();
  await temporal.close();
});

const request = { model: 'held', messages: [{ role: 'user' as const, content: 'hi' }] };
const asked = (times: number) =>
  waitFor(() => holdfast.provider.callCount('held-up') >= times, { what: `request ${times}` });

test('a call that is reset while somebody waits for it: who waits gets the answer of the new run', async () => {
  const call = await holdfast.client.start(request);
  const answer = call.result();
  await asked(1);
  await temporal.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: call.callId },
    // After the first workflow task, in which the plan was made. The SDK sends numbers, whatever its types say.
    workflowTaskFinishEventId: 4 as never,
    requestId: 'reset',
    reason: 'test',
  });
  await asked(2);
  holdfast.provider.release();
  expect((await answer).response.choices[0]?.message.content).toContain('hi');
});

test('a call that is terminated is told as that', async () => {
  const call = await holdfast.client.start(request);
  const answer = call.result();
  await temporal.client.workflow.getHandle(call.callId).terminate();
  await expect(answer).rejects.toMatchObject({
    kind: 'CancelledError',
    message: expect.stringContaining('terminated'),
  });
});
