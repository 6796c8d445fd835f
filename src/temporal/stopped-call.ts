import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { callFailure } from '../core/call/call-failure.js';
import type { CallFailure } from '../core/call/call-types.js';

/** What a call that failed says of it; undefined: it could not say anything, it was stopped from outside. */
export function failureToldBy(cause: unknown): CallFailure | undefined {
  return cause instanceof ApplicationFailure ? (cause.details?.[0] as CallFailure | undefined) : undefined;
}

/** The failure of a call that was stopped from outside. */
export function failureOfStop(cause: Error | undefined, callId: string): CallFailure {
  if (cause instanceof CancelledFailure) return callFailure('CancelledError', `call ${callId} was cancelled`);
  if (cause instanceof TerminatedFailure) return callFailure('CancelledError', `call ${callId} was terminated`);
  if (cause instanceof TimeoutFailure) {
    return callFailure('Timeout', `no worker took call ${callId}, or none brought it to an end, within its timeout`);
  }
  return callFailure(
    'InternalServerError',
    `call ${callId} failed: ${cause?.message ?? 'its workflow does not say why'}`,
  );
}
