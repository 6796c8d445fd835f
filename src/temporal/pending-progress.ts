import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { GroupProgress } from '../core/progress.js';

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** The activity of the group that a call is in; undefined between groups. */
export function pendingGroupActivity({ raw }: WorkflowExecutionDescription): PendingActivity | undefined {
  return raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'callModelGroup');
}

/** What the group told with its last heartbeat; null before the first. */
export async function pendingProgress(client: Client, activity: PendingActivity): Promise<GroupProgress | null> {
  const payloads = activity.heartbeatDetails?.payloads;
  return payloads?.length ? decodeFromPayloadsAtIndex(client.options.loadedDataConverter, 0, payloads) : null;
}
