import type { CallEnd } from './batch.js';
import type { CallFailure, CallResult } from '../call/call-types.js';
import { isErrorKind } from '../errors/error-kinds.js';
import { NO_TOKENS } from '../ledger/ledger.js';

export function answeredRow({ report }: Pick<CallResult, 'report'>): CallEnd {
  return { state: 'answered', tokens: report.tokens };
}

/** What is said by a call that ended with an error. `cause` is what the workflow failed with. */
export function unansweredRow(cause: unknown): CallEnd {
  const failure = callFailureIn(cause);
  return failure === null
    ? { state: 'stopped' }
    : { state: 'failed', kind: failure.kind, tokens: failure.report?.tokens ?? NO_TOKENS };
}

/** What a call failed with, in the `ApplicationFailure` of its workflow; null where it was stopped from outside. */
export function callFailureIn(cause: unknown): CallFailure | null {
  if (typeof cause !== 'object' || cause === null || !('type' in cause) || !isErrorKind(cause.type)) return null;
  if (!('details' in cause) || !Array.isArray(cause.details)) return null;
  return (cause.details[0] as CallFailure | undefined) ?? null;
}
