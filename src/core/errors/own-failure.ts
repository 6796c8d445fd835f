import type { Failure } from './classify.js';
import { ERROR_KINDS, type ErrorKind } from './error-kinds.js';

/** A failure that no provider told of: it has the kind's status, and nothing that only a response could bring. */
export function ownFailure(kind: ErrorKind, message: string): Failure {
  return {
    kind,
    status: ERROR_KINDS[kind].status,
    message,
    requestId: null,
    retryAfterMs: null,
    notRetriedByDefault: null,
    deadlineReached: false,
    tokens: null,
  };
}
