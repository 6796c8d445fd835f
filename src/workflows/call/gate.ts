import { ActivityFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { gateOptions } from '../../core/call/activity-options.js';
import { wordlessEnd, type AwaitApprovalOutput, type GateProgress } from '../../core/call/gate.js';
import { redactedMessage } from '../../core/common/redact.js';
import type { TakingAction } from './call-control.js';

/** How a call came away from a gate: by somebody's action, or by what the config says. */
export type GateEnd = { readonly taken: TakingAction } | AwaitApprovalOutput;

/** A call that waits at a gate. */
export interface GateWait {
  /** The request in a line, for people. */
  readonly line: string;
  /** When the call must be done, as it is now; null: never. */
  readonly deadlineMs: () => number | null;
}

/** What runs the activity of the gate. */
interface Host {
  runGroup<T>(group: string, run: () => Promise<T>): Promise<T>;
  takeAction(): TakingAction | null;
}

/**
 * Waits at the gate before a group for a word.
 * @throws CancelledFailure when the call is cancelled
 */
export async function waitAtGate(progress: GateProgress, call: GateWait, host: Host): Promise<GateEnd> {
  for (;;) {
    const end = await awaitOnce(progress, call, host);
    // To a call that was paused at its gate it says: wait on.
    if ('taken' in end ? end.taken.action === 'retry-now' : wasExtended(end, call)) continue;
    return end;
  }
}

function wasExtended({ word }: AwaitApprovalOutput, { deadlineMs }: GateWait): boolean {
  return word === 'deadline' && Date.now() < (deadlineMs() ?? Infinity);
}

async function awaitOnce(progress: GateProgress, call: GateWait, host: Host): Promise<GateEnd> {
  const { line } = call;
  const deadlineMs = call.deadlineMs();
  const { group } = progress;
  const { awaitApproval } = proxyActivities<Activities>(gateOptions(group, { deadlineMs, nowMs: Date.now(), line }));
  try {
    const end = await host.runGroup(group, () => awaitApproval({ progress, deadlineMs }));
    const taken = host.takeAction();
    return taken === null ? end : { taken };
  } catch (error) {
    const taken = host.takeAction();
    if (CancellationScope.current().consideredCancelled) {
      throw isCancellation(error) ? error : new CancelledFailure('the call was cancelled at a gate');
    }
    if (taken !== null) return { taken };
    if (!(error instanceof ActivityFailure)) throw error;
    return endedFromOutside(error, progress);
  }
}

/** No worker came in time, or an operator ended the activity by Temporal's own means. */
function endedFromOutside({ cause }: ActivityFailure, progress: GateProgress): AwaitApprovalOutput {
  const nowMs = Date.now();
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_CLOSE') {
    return wordlessEnd(progress, 'deadline', nowMs);
  }
  const why = redactedMessage(cause?.message ?? 'no reason was given');
  return wordlessEnd(progress, progress.gate.onTimeout, nowMs, `the gate was ended from outside (${why}): `);
}
