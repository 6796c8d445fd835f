import { ApplicationFailure } from '@temporalio/common';
import type { CallFailure } from '../../core/call/call-types.js';

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
