import { activityInfo, getClient } from '@temporalio/activity';
import type { GroupProgress } from '../core/retries/progress.js';
import { pendingGroupActivity, pendingProgress } from '../temporal/pending-progress.js';

/**
 * Reads what the call's running group told last. The workflow asks before it cancels a group that waits for its next
 * attempt: Temporal throws the heartbeat away with the activity, and the ledger would be lost.
 */
export async function lastProgress(): Promise<GroupProgress | null> {
  const client = getClient();
  const { workflowExecution } = activityInfo();
  if (workflowExecution === undefined) return null;
  const handle = client.workflow.getHandle(workflowExecution.workflowId, workflowExecution.runId);
  const activity = pendingGroupActivity(await handle.describe());
  return activity === undefined ? null : pendingProgress(client, activity);
}
