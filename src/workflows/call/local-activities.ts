import { proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';

/** The type of the SDK's error for an activity that a worker has not, and of Holdfast's for a model that a config has not. */
export const NOT_FOUND = 'NotFoundError';

/** Activities in the worker that has the workflow: one step less. */
export function localActivities() {
  return proxyLocalActivities<Activities>({
    startToCloseTimeout: '10s',
    retry: { maximumAttempts: 5, nonRetryableErrorTypes: [NOT_FOUND] },
  });
}
