import { CancellationScope, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { GroupProgress } from '../../core/retries/progress.js';

const { lastProgress } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 2 },
});

/**
 * Remembers what the running group had told when the call is cancelled: Temporal throws the heartbeat of a waiting
 * activity away with it. The local activity that asks runs within the workflow task that hears of the cancellation, and
 * the server is told to cancel the group only at the end of that task. No scope of its own is needed for that, and none
 * is made: scopes would cost every call, cancelled or not.
 */
export function watchProgressAtCancel(): () => GroupProgress | null {
  let known: GroupProgress | null = null;
  CancellationScope.current().cancelRequested.catch(async () => {
    try {
      known = await CancellationScope.nonCancellable(() => lastProgress());
    } catch {
      // A worker that cannot ask must not keep the call from being cancelled.
    }
  });
  return () => known;
}
