import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import type { GroupFailure } from '../../core/call/call-types.js';
import { endedGroup } from '../../core/call/ended-group.js';
import { isErrorKind } from '../../core/errors/error-kinds.js';
import { ownFailure } from '../../core/errors/own-failure.js';
import { isProgress, startProgress, withoutWorker, type GroupProgress } from '../../core/retries/progress.js';

/**
 * What a failed activity says of its group. Usually the group gave up and says all of it; Temporal itself ends a group
 * only when no worker could: then the last heartbeat is what is known. Null for an error that is no such failure.
 */
export function groupEndOf(error: unknown, group: string, nowMs: number): GroupFailure | null {
  if (!(error instanceof ActivityFailure)) return null;
  const { cause } = error;
  if (cause instanceof TimeoutFailure) {
    const known = cause.lastHeartbeatDetails;
    const ended = endedGroup(isProgress(known) ? withoutWorker(known, nowMs) : startProgress(group));
    return cause.timeoutType === 'SCHEDULE_TO_CLOSE'
      ? {
          failure: {
            ...ownFailure('Timeout', 'no worker brought the group to an end before its deadline'),
            deadlineReached: true,
          },
          ended,
        }
      : {
          failure: ownFailure('AttemptsLostError', 'the attempts of the group were lost with their workers'),
          ended,
        };
  }
  if (!(cause instanceof ApplicationFailure)) return null;
  const said = cause.details?.[0] as GroupFailure | undefined;
  if (said !== undefined) return said;
  const failure = isErrorKind(cause.type)
    ? ownFailure(cause.type, cause.message)
    : ownFailure('AttemptsLostError', `every attempt of the group failed in the worker: ${cause.message}`);
  return { failure, ended: endedGroup(startProgress(group)) };
}

/** What a cancelled activity says of its group; null when it was waiting, for then Temporal cancels it unheard. */
export function cancelledProgress(error: unknown): GroupProgress | null {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const details: unknown = cause instanceof CancelledFailure ? cause.details?.[0] : undefined;
  return isProgress(details) ? details : null;
}
