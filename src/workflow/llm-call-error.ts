import { ApplicationFailure } from '@temporalio/common';
import type { CallFailure, CallReport } from '../core/call/call-types.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import { EMPTY_LEDGER, type Ledger } from '../core/ledger/ledger.js';

/**
 * A call that failed, in the workflow that asked for it: `kind` tells what went wrong. One that is not caught fails the
 * workflow, with the kind as the type of its failure.
 */
export class LlmCallError extends ApplicationFailure {
  readonly kind: ErrorKind;
  /** The HTTP status: the provider's where it gave one, else the kind's. */
  readonly status: number;
  /** The provider's own name for the error; null where it gave none. */
  readonly code: string | null;
  /** The parameter that the provider complained about; null where it named none. */
  readonly param: string | null;
  /** The id of the call, which is its workflow id. */
  readonly callId: string;
  /** How long the last error asked to wait, in milliseconds; null when it did not say. */
  readonly retryAfterMs: number | null;
  /** Counts of the call; null when it failed before its first attempt. */
  readonly report: CallReport | null;
  /** All attempts of the call. */
  readonly ledger: Ledger;

  constructor(failure: CallFailure, callId: string) {
    super(failure.message, failure.kind, false, [failure]);
    this.kind = failure.kind;
    this.status = failure.status;
    this.code = failure.code ?? null;
    this.param = failure.param ?? null;
    this.callId = callId;
    this.retryAfterMs = failure.retryAfterMs ?? null;
    this.report = failure.report;
    this.ledger = failure.report?.ledger ?? EMPTY_LEDGER;
  }
}
