import type { ErrorKind } from '../core/errors/error-kinds.js';
import type { ErrorAnswer } from './error-answer.js';

/** An error in the form of Anthropic's API, with ours beside its type and message. */
interface AnthropicErrorBody {
  readonly type: 'error';
  readonly error: { readonly type: string; readonly message: string } & Readonly<Record<string, unknown>>;
}

const INVALID = 'invalid_request_error';
const SERVER = 'api_error';

/** What Anthropic's clients are told of each kind, in Anthropic's words (platform.claude.com/docs, Errors, read 2026-11). */
const TYPES: Readonly<Record<ErrorKind, string>> = {
  BadRequestError: INVALID,
  UnprocessableEntityError: INVALID,
  UnsupportedParamsError: INVALID,
  ContextWindowExceededError: INVALID,
  ContentPolicyViolationError: INVALID,
  PaymentRequiredError: 'billing_error',
  AuthenticationError: 'authentication_error',
  PermissionDeniedError: 'permission_error',
  NotFoundError: 'not_found_error',
  Timeout: 'timeout_error',
  ConflictError: 'conflict_error',
  RateLimitError: 'rate_limit_error',
  InternalServerError: SERVER,
  BadGatewayError: SERVER,
  ServiceUnavailableError: 'overloaded_error',
  GatewayTimeoutError: 'timeout_error',
  APIConnectionError: SERVER,
  InvalidResponseError: SERVER,
  JSONSchemaValidationError: SERVER,
  ConfigError: SERVER,
  RequestTooLargeError: 'request_too_large',
  ResponseTooLargeError: SERVER,
  AttemptsLostError: SERVER,
  CancelledError: SERVER,
};

/** The status that Anthropic has for itself. */
const OVERLOADED = 529;

/** An error as Anthropic's API writes it. */
export function anthropicError({ status, body }: Pick<ErrorAnswer, 'status' | 'body'>): AnthropicErrorBody {
  const { message, kind, param, code } = body.error;
  const type = status === OVERLOADED ? 'overloaded_error' : TYPES[kind];
  return { type: 'error', error: { type, message, kind, param, code } };
}
