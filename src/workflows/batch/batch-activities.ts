import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { ownPriority } from '../own-priority.js';

const HEARTBEAT_TIMEOUT = '10s';
const RETRY = { initialInterval: '1s', maximumInterval: '10s' } as const;

/** The activities of a batch, with its priority. None has an end in time: rows take as long as they take. */
export type BatchActivities = ReturnType<typeof batchActivities>;

export function batchActivities(priorityKey: number) {
  return proxyActivities<Activities>({
    startToCloseTimeout: '30d',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    // What is in flight is told before the batch goes on.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    priority: ownPriority({ priorityKey }),
    retry: RETRY,
  });
}
