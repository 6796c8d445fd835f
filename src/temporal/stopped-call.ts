import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { callFailure } from '../core/call/call-failure.js';
import { missingActivities } from '../core/call/missing-activities.js';
import type { WhoAndWhy } from '../core/common/who-and-why.js';
import type { CallFailure } from '../core/call/call-types.js';

/** What a call that failed says of it; undefined: it could not say anything, it was stopped from outside. */
export function failureToldBy(cause: unknown): CallFailure | undefined {
  return cause instanceof ApplicationFailure ? (cause.details?.[0] as CallFailure | undefined) : undefined;
}

/**
 * The failure of a call that was stopped from outside.
 * @param stoppedBy - who asked for that; null: that is not known
 */
export function failureOfStop(
  cause: Error | undefined,
  callId: string,
  stoppedBy: WhoAndWhy | null = null,
): CallFailure {
  const who = stoppedBy === null ? '' : ` by ${stoppedBy.by}: ${stoppedBy.why}`;
  if (cause instanceof CancelledFailure) return callFailure('CancelledError', `call ${callId} was cancelled${who}`);
  if (cause instanceof TerminatedFailure) return callFailure('CancelledError', `call ${callId} was terminated${who}`);
  if (cause instanceof TimeoutFailure) {
    return callFailure('Timeout', `no worker took call ${callId}, or none brought it to an end, within its timeout`);
  }
  const message = cause?.message ?? 'its workflow does not say why';
  const missing = missingActivities(message, `the worker that took call ${callId}`);
  return callFailure('InternalServerError', missing ?? `call ${callId} failed: ${message}`);
}
