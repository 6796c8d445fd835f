import type { Client } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';

/** `temporal.api.enums.v1.TaskQueueType` */
const WORKFLOW_TASKS = 1;

/** Something that polls a task queue. */
export interface Poller {
  readonly identity: string;
  readonly heardAt: Date;
}

/** The server remembers pollers for minutes; one that lives asks again every minute at the latest. */
const POLLER_LIVES_MS = 70_000;

/** A server that is there answers in milliseconds; the SDK would ask one that is away for half a minute. */
const ANSWERS_WITHIN_MS = 5_000;

/** Who asks for the workflows of a task queue. One that was killed counts for another minute. */
export async function pollersOf(client: Client, taskQueue: string, nowMs: number): Promise<Poller[]> {
  const { pollers } = await client.withDeadline(nowMs + ANSWERS_WITHIN_MS, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_TASKS,
    }),
  );
  return pollers
    .map(({ identity, lastAccessTime }) => ({
      identity: identity ?? '',
      heardAt: optionalTsToDate(lastAccessTime) ?? new Date(0),
    }))
    .filter(({ heardAt }) => heardAt.getTime() > nowMs - POLLER_LIVES_MS);
}
