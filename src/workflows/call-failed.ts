import { ApplicationFailure } from '@temporalio/common';
import type { CallFailure } from '../core/call-types.js';

/** The failure of a call: its type is the error kind, its details say everything. */
export function callFailed(failure: CallFailure): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.kind,
    message: failure.message,
    nonRetryable: true,
    details: [failure],
  });
}
