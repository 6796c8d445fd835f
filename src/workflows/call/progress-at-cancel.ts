import { CancelledFailure } from '@temporalio/common';
import { CancellationScope, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { LastProgress } from '../../core/call/last-progress.js';
import type { GroupProgress } from '../../core/retries/progress.js';

const { lastProgress } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 2 },
});

/** What is known of the running group when its call is cancelled. */
export interface ProgressAtCancel {
  /** Null: nothing. */
  readonly told: () => GroupProgress | null;
  /** Rejects as cancelled when the group only waits: there is no request whose end the call would wait for. */
  readonly isIdle: Promise<never>;
}

/**
 * Remembers what the running group had told when the call is cancelled: Temporal throws the heartbeat of a waiting
 * activity away with it. The local activity that asks runs within the workflow task that hears of the cancellation, and
 * the server is told to cancel the group only at the end of that task. No scope of its own is needed for that, and none
 * is made: scopes would cost every call, cancelled or not.
 */
export function watchProgressAtCancel(): ProgressAtCancel {
  let known: LastProgress | null = null;
  const isIdle = CancellationScope.current().cancelRequested.catch(async () => {
    try {
      known = await CancellationScope.nonCancellable(() => lastProgress());
    } catch {
      // A worker that cannot ask must not keep the call from being cancelled.
    }
    if (known?.isIdle) throw new CancelledFailure('cancelled while it waited');
    return new Promise<never>(() => {});
  });
  isIdle.catch(() => {});
  return { told: () => known, isIdle };
}
