import type { ActivityOptions } from '@temporalio/common';
import { CancellationScope, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { CallModelGroupInput, CallModelGroupOutput } from '../core/call-types.js';
import type { GroupProgress } from '../core/progress.js';

const { lastProgress } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 2 },
});

export interface GroupActivity {
  /** Settles when the group came to its end. */
  readonly output: Promise<CallModelGroupOutput>;
  /** What the group had told when the call was cancelled; null otherwise. */
  readonly lastProgress: () => GroupProgress | null;
}

/**
 * Runs the activity of a group. A cancellation of the call reaches it only after its progress was read: Temporal throws
 * the heartbeat of a waiting activity away when it is cancelled.
 */
export function runGroupActivity(options: ActivityOptions, input: CallModelGroupInput): GroupActivity {
  let known: GroupProgress | null = null;
  const call = CancellationScope.current();
  const shield = new CancellationScope({ cancellable: false });
  const group = new CancellationScope({ cancellable: true, parent: shield });
  const { callModelGroup } = proxyActivities<Activities>(options);
  const output = group.run(() => callModelGroup(input));
  call.cancelRequested.catch(async () => {
    try {
      known = await CancellationScope.nonCancellable(() => lastProgress());
    } finally {
      group.cancel();
    }
  });
  return { output, lastProgress: () => known };
}
