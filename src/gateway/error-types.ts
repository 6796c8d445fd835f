import type { ErrorKind } from '../core/errors/error-kinds.js';

interface OpenAiError {
  /** `error.type` of OpenAI's bodies. */
  readonly type: string;
  /** `error.code`, where OpenAI has one that clients look for. */
  readonly code: string | null;
}

const invalid = { type: 'invalid_request_error', code: null } as const;
const server = { type: 'server_error', code: null } as const;

/** The one error that OpenAI gives a type of its own beside that of its status. */
export const QUOTA_USED_UP = { type: 'insufficient_quota', code: 'insufficient_quota' } as const;

/** What OpenAI's clients are told of each kind, in OpenAI's words, where the provider has none. */
export const OPENAI_ERRORS = {
  BadRequestError: invalid,
  UnprocessableEntityError: invalid,
  UnsupportedParamsError: { ...invalid, code: 'unsupported_parameter' },
  ContextWindowExceededError: { ...invalid, code: 'context_length_exceeded' },
  ContentPolicyViolationError: { ...invalid, code: 'content_policy_violation' },
  PaymentRequiredError: QUOTA_USED_UP,
  AuthenticationError: { type: 'authentication_error', code: null },
  PermissionDeniedError: { type: 'permission_error', code: null },
  NotFoundError: { ...invalid, code: 'not_found' },
  Timeout: { type: 'timeout_error', code: 'timeout' },
  ConflictError: { ...invalid, code: 'conflict' },
  RateLimitError: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  InternalServerError: server,
  BadGatewayError: server,
  ServiceUnavailableError: server,
  GatewayTimeoutError: server,
  APIConnectionError: server,
  InvalidResponseError: server,
  JSONSchemaValidationError: server,
  ConfigError: server,
  RequestTooLargeError: { ...invalid, code: 'request_too_large' },
  ResponseTooLargeError: { ...server, code: 'response_too_large' },
  AttemptsLostError: server,
  CancelledError: { type: 'cancelled', code: 'cancelled' },
} as const satisfies Record<ErrorKind, OpenAiError>;
