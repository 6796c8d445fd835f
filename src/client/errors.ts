import { ERROR_KINDS, isErrorKind, type ErrorKind } from '../core/errors/error-kinds.js';
import type { CallFailure, CallReport } from '../core/call/call-types.js';
import type { Ledger } from '../core/ledger/ledger.js';
import { EMPTY_LEDGER } from '../core/ledger/ledger.js';

export interface CallErrorInit {
  readonly kind: ErrorKind;
  readonly message: string;
  /** @default the kind's */
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly param?: string | undefined;
  /** The call, when there is one. */
  readonly callId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly report?: CallReport | null | undefined;
  readonly ledger?: Ledger | undefined;
  readonly cause?: unknown;
}

/** A call that failed. There is one subclass for each error kind, named like it; `kind` tells them apart as well. */
export class CallError extends Error {
  readonly kind: ErrorKind;
  /** The HTTP status: the provider's where it gave one, else the kind's. */
  readonly status: number;
  /** The provider's own name for the error, `insufficient_quota` for instance; null where it gave none. */
  readonly code: string | null;
  /** The parameter that the provider complained about; null where it named none. */
  readonly param: string | null;
  /** The id of the call, which is its workflow id; null when no call was started. */
  readonly callId: string | null;
  /** How long the last error asked to wait, in milliseconds; null when it did not say. */
  readonly retryAfterMs: number | null;
  /** Counts of the call; null when it failed before its first attempt. */
  readonly report: CallReport | null;
  /** All attempts of the call. */
  readonly ledger: Ledger;

  constructor(init: CallErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = init.kind;
    this.kind = init.kind;
    this.status = init.status ?? ERROR_KINDS[init.kind].status;
    this.code = init.code ?? null;
    this.param = init.param ?? null;
    this.callId = init.callId ?? null;
    this.retryAfterMs = init.retryAfterMs ?? null;
    this.report = init.report ?? null;
    this.ledger = init.ledger ?? init.report?.ledger ?? EMPTY_LEDGER;
  }
}

export class BadRequestError extends CallError {}
export class UnprocessableEntityError extends CallError {}
export class UnsupportedParamsError extends CallError {}
export class ContextWindowExceededError extends CallError {}
export class ContentPolicyViolationError extends CallError {}
export class PaymentRequiredError extends CallError {}
export class AuthenticationError extends CallError {}
export class PermissionDeniedError extends CallError {}
export class NotFoundError extends CallError {}
export class Timeout extends CallError {}
export class ConflictError extends CallError {}
export class RateLimitError extends CallError {}
export class InternalServerError extends CallError {}
export class BadGatewayError extends CallError {}
export class ServiceUnavailableError extends CallError {}
export class GatewayTimeoutError extends CallError {}
export class APIConnectionError extends CallError {}
export class InvalidResponseError extends CallError {}
export class JSONSchemaValidationError extends CallError {}
export class RequestTooLargeError extends CallError {}
export class ResponseTooLargeError extends CallError {}
export class AttemptsLostError extends CallError {}
export class CancelledError extends CallError {}

const CLASSES = {
  BadRequestError,
  UnprocessableEntityError,
  UnsupportedParamsError,
  ContextWindowExceededError,
  ContentPolicyViolationError,
  PaymentRequiredError,
  AuthenticationError,
  PermissionDeniedError,
  NotFoundError,
  Timeout,
  ConflictError,
  RateLimitError,
  InternalServerError,
  BadGatewayError,
  ServiceUnavailableError,
  GatewayTimeoutError,
  APIConnectionError,
  InvalidResponseError,
  JSONSchemaValidationError,
  // A config is refused where it is loaded, with an error of its own: no call ends with it.
  ConfigError: CallError,
  RequestTooLargeError,
  ResponseTooLargeError,
  AttemptsLostError,
  CancelledError,
} satisfies Record<ErrorKind, typeof CallError>;

/** An error of the class that is named for its kind. */
export function callError(init: CallErrorInit): CallError {
  return new CLASSES[init.kind](init);
}

/** Whether an error is a failed call, whichever copy of this package made it. */
export function isCallError(error: unknown): error is CallError {
  if (error instanceof CallError) return true;
  return error instanceof Error && 'ledger' in error && 'kind' in error && isErrorKind(error.kind);
}

/** The error of a failed workflow. */
export function errorOfFailure(
  { kind, status, message, code, param, retryAfterMs, report }: CallFailure,
  callId: string,
  cause: unknown,
): CallError {
  return callError({ kind, status, message, code, param, retryAfterMs, report, callId, cause });
}
