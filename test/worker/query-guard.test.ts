import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { askWorkflow } from '../../src/temporal/ask-workflow.js';
import { workflowParts } from '../../src/worker/workflows-source.js';
import { openTemporal, type TestTemporal } from '../helpers/temporal.js';

const { TaskQueueKind } = proto.temporal.api.enums.v1;

/** How long the server leaves the work of a workflow to the worker that has it. */
const STICKY_SECONDS = 5;

/**
 * A worker that makes the first task of a workflow, and is frozen then: what it gets it takes, and answers nothing.
 * Returns what waits until it got something.
 */
async function freezeAfterFirstTask({ client, taskQueue }: TestTemporal): Promise<() => Promise<unknown>> {
  const asked = { namespace: 'default', identity: 'frozen' };
  const { taskToken } = await client.workflowService.pollWorkflowTaskQueue({
    ...asked,
    taskQueue: { name: taskQueue },
  });
  const sticky = { name: `${taskQueue}-frozen`, kind: TaskQueueKind.TASK_QUEUE_KIND_STICKY, normalName: taskQueue };
  await client.workflowService.respondWorkflowTaskCompleted({
    ...asked,
    taskToken,
    stickyAttributes: { workerTaskQueue: sticky, scheduleToStartTimeout: { seconds: STICKY_SECONDS } as never },
  });
  const got = client.workflowService.pollWorkflowTaskQueue({ ...asked, taskQueue: sticky });
  got.catch(() => undefined);
  return () => got;
}

test('a query that a frozen worker leaves to another one does not spoil the history of the workflow', async () => {
  const temporal = await openTemporal();
  const { client, taskQueue } = temporal;
  const workflowBundle = await bundleWorkflowCode({
    ...workflowParts(),
    workflowsPath: fileURLToPath(new URL('fixtures/counting.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const workflow = await client.workflow.start('counting', { taskQueue, workflowId: `counting-${taskQueue}` });
  const frozenGot = await freezeAfterFirstTask(temporal);
  const worker = await temporal.createWorker({ workflowBundle });
  await worker.runUntil(async () => {
    const asked = workflow.query('count');
    await frozenGot();
    // The task of this goes to the frozen worker, too, but later: the query is with the other one before.
    await sleep((STICKY_SECONDS * 1000) / 2);
    await workflow.signal('add');
    await asked;
    await workflow.signal('add');
    expect(await askWorkflow(workflow, 'count')).toBe(2);
    await workflow.signal('end');
    expect(await workflow.result()).toBe(2);
  });
  await Worker.runReplayHistory({ workflowBundle }, await workflow.fetchHistory(), workflow.workflowId);
  await temporal.close();
});
