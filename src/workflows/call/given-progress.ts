import { CancellationScope, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { GroupProgress } from '../../core/retries/progress.js';

const { givenProgress } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 2 },
});

/** What the first activity of the call was given by the process that had the first workflow task; null: nothing that is known. */
export async function readGivenProgress(): Promise<GroupProgress | null> {
  try {
    return await CancellationScope.nonCancellable(() => givenProgress());
  } catch {
    // A worker that cannot read the history must not keep the call from its end.
    return null;
  }
}
