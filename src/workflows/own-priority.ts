import type { ActivityOptions } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

/**
 * The priority of an activity, over that of its workflow. Temporal gives activities what their workflow has; but one that a worker
 * gets with the answer to its workflow task, without a queue, has only what it was scheduled with (seen with server 1.32). So each
 * says it: lines of limits go by the fairness key.
 */
export function ownPriority(given?: ActivityOptions['priority']): NonNullable<ActivityOptions['priority']> {
  return { ...workflowInfo().priority, ...given };
}
