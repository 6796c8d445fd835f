import { createHash } from 'node:crypto';
import { activityInfo } from '@temporalio/activity';
import { isName } from '../core/common/names.js';

/**
 * The idempotency key of a call that the running activity makes: each attempt of the activity has the same, and nobody else.
 * So an attempt that follows one that was lost joins its call, and pays nothing again.
 * @param part - tells apart several calls of one activity
 * @throws Error outside of an activity
 */
export function activityIdempotencyKey(part = ''): string {
  const { workflowExecution, activityId, activityRunId } = activityInfo();
  const { workflowId = '', runId = activityRunId } = workflowExecution ?? {};
  const digest = createHash('sha256')
    .update(JSON.stringify([workflowId, runId, activityId, part]))
    .digest('hex')
    .slice(0, 32);
  const readable = `${workflowId}/${activityId}/${digest}`;
  return isName(readable) ? readable : `activity-${digest}`;
}
