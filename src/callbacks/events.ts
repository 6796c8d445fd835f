import type { ErrorKind } from '../core/errors/error-kinds.js';
import type { Tokens } from '../core/errors/failure-facts.js';
import type { NextStep } from '../core/ledger/ledger.js';
import type { Operation } from '../core/common/operations.js';

/** What all events tell. An event is JSON, and has no part of a request or of an answer, and no key. */
interface EventOfCall {
  /** The call: its id is that of its workflow. */
  readonly callId: string;
  /** The run of the workflow: a call that failed and is made again has another one. */
  readonly runId: string;
  readonly operation: Operation;
  /** The model group that is asked; of a fallback, the one that the call goes to. An alias's target, not the alias. */
  readonly group: string;
}

/** What went wrong, as the ledger has it. */
export interface EventError {
  /** The HTTP status: the provider's where it gave one, else the kind's. */
  readonly status: number;
  /** What the provider said: redacted, at most 300 characters. */
  readonly message: string;
  /** The provider's own id of the request; null when it gave none. */
  readonly requestId: string | null;
}

/** An attempt that was made and came to its end. */
interface EventOfAttempt extends EventOfCall {
  /** The id of the deployment. */
  readonly deployment: string;
  /** The provider's name for the model. */
  readonly model: string;
  /** One-based within the group, lost attempts included: as in the ledger. */
  readonly attempt: number;
  /** Retries that the group had made when the attempt began. */
  readonly retries: number;
  /** ISO 8601 */
  readonly startedAt: string;
  readonly durationMs: number;
  /** The HTTP status of the answer, or of the error. */
  readonly status: number;
  /** The provider's own id of the request; null when it gave none. */
  readonly requestId: string | null;
  /** What the provider says it charged, also for an attempt that failed; null when it does not say. */
  readonly tokens: Tokens | null;
}

/** An attempt answered. */
export interface SuccessEvent extends EventOfAttempt {
  readonly type: 'success';
  readonly kind: null;
  readonly error: null;
  readonly next: null;
}

/** An attempt failed. */
export interface FailureEvent extends EventOfAttempt {
  readonly type: 'failure';
  readonly kind: ErrorKind;
  readonly error: EventError;
  /** What follows, and why: a retry and the wait before it (`waitMs`, `until`), a standby, or that the group gives up. */
  readonly next: NextStep;
}

/** A call moves to another model group, because the one before gave up. Told before the first attempt there. */
export interface FallbackEvent extends EventOfCall {
  readonly type: 'fallback';
  /** The group that gave up. */
  readonly from: string;
  /** The group that comes next. */
  readonly to: string;
  /** The kind that ended `from`. */
  readonly kind: ErrorKind;
  readonly error: EventError;
  /** One-based: which fallback of the call it is. */
  readonly fallback: number;
  /** ISO 8601 */
  readonly startedAt: string;
}

/** What callbacks are told. */
export type CallEvent = SuccessEvent | FailureEvent | FallbackEvent;

/**
 * What a module that is named in `router_settings.callbacks` may export: by these names, or as one object by default.
 * A worker calls them with events of the attempts that it makes. Nothing waits for them, and an error in one is logged
 * and changes nothing.
 */
export interface Callbacks {
  /** An attempt answered. */
  onSuccess?(event: SuccessEvent): unknown;
  /** An attempt failed: once for each, whatever follows. */
  onFailure?(event: FailureEvent): unknown;
  /** A call moves to another model group. */
  onFallback?(event: FallbackEvent): unknown;
}
