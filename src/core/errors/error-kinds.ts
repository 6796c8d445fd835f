/** A field of a retry policy, in LiteLLM's spelling. Its value is the number of retries for the errors it covers. */
export const POLICY_FIELDS = [
  'BadRequestErrorRetries',
  'UnsupportedParamsRetries',
  'ContentPolicyViolationErrorRetries',
  'AuthenticationErrorRetries',
  'NotFoundErrorRetries',
  'TimeoutErrorRetries',
  'RateLimitErrorRetries',
  'InternalServerErrorRetries',
  'ServiceUnavailableErrorRetries',
  'DefaultRetries',
] as const;

export type PolicyField = (typeof POLICY_FIELDS)[number];

export type ErrorKind =
  | 'BadRequestError'
  | 'UnprocessableEntityError'
  | 'UnsupportedParamsError'
  | 'ContextWindowExceededError'
  | 'ContentPolicyViolationError'
  | 'PaymentRequiredError'
  | 'AuthenticationError'
  | 'PermissionDeniedError'
  | 'NotFoundError'
  | 'Timeout'
  | 'ConflictError'
  | 'RateLimitError'
  | 'InternalServerError'
  | 'BadGatewayError'
  | 'ServiceUnavailableError'
  | 'GatewayTimeoutError'
  | 'APIConnectionError'
  | 'InvalidResponseError'
  | 'JSONSchemaValidationError'
  | 'ConfigError'
  | 'RequestTooLargeError'
  | 'ResponseTooLargeError'
  | 'AttemptsLostError'
  | 'CancelledError';

export interface ErrorKindRow {
  /** The HTTP status reported for the kind when the failure itself brought none. */
  readonly status: number;
  /** The kind whose policy fields apply when this kind's own are unset. */
  readonly parent: ErrorKind | null;
  /** The kind's own policy fields; the first that is set wins. */
  readonly policyFields: readonly PolicyField[];
  /** Whether a retry in the same group happens by default, only when a policy field asks for it, or never. */
  readonly retried: 'by default' | 'by policy' | 'never';
  /** Whether another deployment of the same group may do better. */
  readonly mayMove: boolean;
  /** Whether another model group may do better. */
  readonly fallsBack: boolean;
}

const provider = { fallsBack: true } as const;
const ours = { parent: null, policyFields: [], retried: 'never', mayMove: false } as const;

/** Every error kind and its rules. The one place that knows them. */
export const ERROR_KINDS: Record<ErrorKind, ErrorKindRow> = {
  BadRequestError: {
    ...provider,
    status: 400,
    parent: null,
    policyFields: ['BadRequestErrorRetries'],
    retried: 'by policy',
    mayMove: false,
  },
  UnprocessableEntityError: {
    ...provider,
    status: 422,
    parent: 'BadRequestError',
    policyFields: [],
    retried: 'by policy',
    mayMove: false,
  },
  UnsupportedParamsError: {
    ...provider,
    status: 400,
    parent: 'BadRequestError',
    policyFields: ['UnsupportedParamsRetries'],
    retried: 'by policy',
    mayMove: false,
  },
  ContextWindowExceededError: {
    ...provider,
    status: 400,
    parent: 'BadRequestError',
    policyFields: [],
    retried: 'never',
    mayMove: false,
  },
  ContentPolicyViolationError: {
    ...provider,
    status: 400,
    parent: 'BadRequestError',
    policyFields: ['ContentPolicyViolationErrorRetries'],
    retried: 'by policy',
    mayMove: false,
  },
  PaymentRequiredError: {
    ...provider,
    status: 402,
    parent: 'BadRequestError',
    policyFields: [],
    retried: 'by policy',
    mayMove: true,
  },
  AuthenticationError: {
    ...provider,
    status: 401,
    parent: null,
    policyFields: ['AuthenticationErrorRetries'],
    retried: 'by policy',
    mayMove: true,
  },
  PermissionDeniedError: {
    ...provider,
    status: 403,
    parent: 'AuthenticationError',
    policyFields: [],
    retried: 'by policy',
    mayMove: true,
  },
  NotFoundError: {
    ...provider,
    status: 404,
    parent: null,
    policyFields: ['NotFoundErrorRetries'],
    retried: 'by policy',
    mayMove: true,
  },
  Timeout: {
    ...provider,
    status: 408,
    parent: null,
    policyFields: ['TimeoutErrorRetries'],
    retried: 'by default',
    mayMove: true,
  },
  ConflictError: {
    ...provider,
    status: 409,
    parent: null,
    policyFields: [],
    retried: 'by default',
    mayMove: true,
  },
  RateLimitError: {
    ...provider,
    status: 429,
    parent: null,
    policyFields: ['RateLimitErrorRetries'],
    retried: 'by default',
    mayMove: true,
  },
  InternalServerError: {
    ...provider,
    status: 500,
    parent: null,
    policyFields: ['InternalServerErrorRetries'],
    retried: 'by default',
    mayMove: true,
  },
  BadGatewayError: {
    ...provider,
    status: 502,
    parent: 'InternalServerError',
    policyFields: [],
    retried: 'by default',
    mayMove: true,
  },
  ServiceUnavailableError: {
    ...provider,
    status: 503,
    parent: 'InternalServerError',
    policyFields: ['ServiceUnavailableErrorRetries'],
    retried: 'by default',
    mayMove: true,
  },
  GatewayTimeoutError: {
    ...provider,
    status: 504,
    parent: null,
    policyFields: ['InternalServerErrorRetries', 'TimeoutErrorRetries'],
    retried: 'by default',
    mayMove: true,
  },
  APIConnectionError: {
    ...provider,
    status: 502,
    parent: 'InternalServerError',
    policyFields: [],
    retried: 'by default',
    mayMove: true,
  },
  InvalidResponseError: {
    ...provider,
    status: 502,
    parent: 'InternalServerError',
    policyFields: [],
    retried: 'by default',
    mayMove: true,
  },
  JSONSchemaValidationError: {
    ...provider,
    status: 502,
    parent: null,
    policyFields: [],
    retried: 'by default',
    mayMove: true,
  },
  ConfigError: { ...ours, status: 500, fallsBack: false },
  RequestTooLargeError: { ...ours, status: 413, fallsBack: false },
  // The answer exists and is paid for: asking another group would only pay for a second one.
  ResponseTooLargeError: { ...ours, status: 502, fallsBack: false },
  AttemptsLostError: { ...ours, status: 503, fallsBack: true },
  CancelledError: { ...ours, status: 499, fallsBack: false },
};

export const ERROR_KIND_NAMES = Object.keys(ERROR_KINDS) as ErrorKind[];

export function isErrorKind(name: unknown): name is ErrorKind {
  return typeof name === 'string' && Object.hasOwn(ERROR_KINDS, name);
}

/** The policy fields that cover a kind, in the order in which they are looked up: its own, then its parents'. */
export function policyFieldsOf(kind: ErrorKind): PolicyField[] {
  const { policyFields, parent } = ERROR_KINDS[kind];
  return parent === null ? [...policyFields] : [...policyFields, ...policyFieldsOf(parent)];
}
