import type { Client } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';

/** `temporal.api.enums.v1.TaskQueueType` */
const WORKFLOW_TASKS = 1;

/** The server remembers pollers for minutes; one that lives asks again every minute at the latest. */
const POLLER_LIVES_MS = 70_000;

/** A server that is there answers in milliseconds; the SDK would ask one that is away for half a minute. */
const ANSWERS_WITHIN_MS = 5_000;

/** Whether a worker asks for the workflows of a task queue. One that was killed counts for another minute. */
export async function hasWorkers(client: Client, taskQueue: string, nowMs: number): Promise<boolean> {
  const { pollers } = await client.withDeadline(nowMs + ANSWERS_WITHIN_MS, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_TASKS,
    }),
  );
  const oldest = nowMs - POLLER_LIVES_MS;
  return pollers.some(({ lastAccessTime }) => (optionalTsToDate(lastAccessTime)?.getTime() ?? 0) > oldest);
}
