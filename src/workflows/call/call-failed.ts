import { ApplicationFailure } from '@temporalio/common';
import type { ActionInput } from '../../core/call/call-actions.js';
import type { CallFailure } from '../../core/call/call-types.js';
import { redactedMessage } from '../../core/common/redact.js';
import type { Failure } from '../../core/errors/classify.js';
import { ownFailure } from '../../core/errors/own-failure.js';
import type { CallPlan } from '../../core/plan/call-plan.js';

/** The failure that ends a call. */
export type LastFailure = Pick<Failure, 'kind' | 'status' | 'message'> &
  Partial<Pick<Failure, 'code' | 'param' | 'retryAfterMs'>>;

/** The end of a call whose time is over. */
export function totalReached({ kind, message }: Failure, { timeoutMs = 0 }: Pick<CallPlan, 'timeoutMs'>): LastFailure {
  const timeout = `the timeout of the call, ${timeoutMs / 1000} s for all attempts and fallbacks, was reached`;
  return { kind: 'Timeout', status: 408, message: `${timeout}; the last error was ${kind}: ${message}` };
}

/** The end of a call that somebody failed. */
export function failedByHand({ by, why }: ActionInput): LastFailure {
  return ownFailure('InternalServerError', redactedMessage(`the call was failed by ${by}: ${why}`));
}

/** The failure of a call: its type is the error kind, its details say everything. */
export function callFailed(failure: CallFailure): ApplicationFailure {
  const made = ApplicationFailure.create({
    type: failure.kind,
    message: failure.message,
    nonRetryable: true,
    details: [failure],
  });
  // Where in this file it was made says nothing, and history keeps it for long.
  made.stack = '';
  return made;
}
