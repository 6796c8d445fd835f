import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import type { GroupFailure } from '../core/call-types.js';
import type { Failure } from '../core/classify.js';
import { ERROR_KINDS, isErrorKind, type ErrorKind } from '../core/error-kinds.js';
import { startProgress, type GroupProgress } from '../core/progress.js';

/**
 * What a failed activity says of its group. Usually the group gave up and says all of it; Temporal itself ends a group
 * only when no worker could: then the last heartbeat is what is known. Null for an error that is no such failure.
 */
export function groupEndOf(error: unknown, group: string): GroupFailure | null {
  if (!(error instanceof ActivityFailure)) return null;
  const { cause } = error;
  if (cause instanceof TimeoutFailure) {
    const progress = (cause.lastHeartbeatDetails as GroupProgress | undefined) ?? startProgress(group);
    return cause.timeoutType === 'SCHEDULE_TO_CLOSE'
      ? {
          failure: endedByTemporal('Timeout', 'no worker brought the group to an end before its deadline', true),
          progress,
        }
      : {
          failure: endedByTemporal('AttemptsLostError', 'the attempts of the group were lost with their workers'),
          progress,
        };
  }
  if (!(cause instanceof ApplicationFailure)) return null;
  const said = cause.details?.[0] as GroupFailure | undefined;
  if (said !== undefined) return said;
  const failure = isErrorKind(cause.type)
    ? endedByTemporal(cause.type, cause.message)
    : endedByTemporal('AttemptsLostError', `every attempt of the group failed in the worker: ${cause.message}`);
  return { failure, progress: startProgress(group) };
}

function endedByTemporal(kind: ErrorKind, message: string, deadlineReached = false): Failure {
  return {
    kind,
    status: ERROR_KINDS[kind].status,
    message,
    requestId: null,
    retryAfterMs: null,
    notRetriedByDefault: null,
    deadlineReached,
    tokens: null,
  };
}
