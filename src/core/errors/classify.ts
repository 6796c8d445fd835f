import { ERROR_KINDS, type ErrorKind } from './error-kinds.js';
import type { FailureCause, FailureFacts, ProviderError, Tokens } from './failure-facts.js';
import { MAX_PAYLOAD_BYTES } from '../common/limits.js';
import { ownProperty } from '../common/own-property.js';
import { redactedMessage, redactedName } from '../common/redact.js';
import { retryAfterMs } from './retry-after.js';

/** A failed attempt, judged: everything `decide` needs to know of it. */
export interface Failure {
  kind: ErrorKind;
  /** The HTTP status: the provider's where it gave one, else the kind's. */
  status: number;
  message: string;
  /** The provider's own name for the error, redacted; absent where it gave none. */
  code?: string | undefined;
  /** The parameter that the provider complains about, redacted; absent where it named none. */
  param?: string | undefined;
  requestId: string | null;
  /** How long the provider asks to wait; null when it does not. */
  retryAfterMs: number | null;
  /** Why an error that is retried by default is not this time; null in the usual case. */
  notRetriedByDefault: string | null;
  /** Whether the attempt ended because the deadline of its group had come. */
  deadlineReached: boolean;
  /** Set when the stream broke after content had been read from it: nothing may follow, no retry and no fallback. */
  contentDelivered?: true | undefined;
  tokens: Tokens | null;
}

/** Semantics: status decides first, then code and type, and text only tells kinds of the same status apart. */
export function classify(facts: FailureFacts, nowMs: number): Failure {
  const { cause } = facts;
  const { kind, status } = kindOf(cause);
  return {
    kind,
    status: status ?? ERROR_KINDS[kind].status,
    // The known keys are gone from it already; what the sentence adds may have made it too long again.
    message: redactedMessage(messageOf(cause, facts)),
    ...namesOf(cause),
    requestId: facts.requestId ?? null,
    retryAfterMs: retryAfterMs(facts.headers, nowMs),
    notRetriedByDefault: notRetriedReason(kind, facts),
    deadlineReached: cause.type === 'timeout' && cause.scope === 'deadline',
    ...(facts.contentDelivered === true && { contentDelivered: true }),
    tokens: facts.tokens ?? null,
  };
}

/** What the provider calls the error, and its place in the request. */
function namesOf(cause: FailureCause): Pick<Failure, 'code' | 'param'> {
  if (cause.type !== 'http' && cause.type !== 'error in a 200') return {};
  const { code, param } = cause.error;
  const names = {
    // A number is no name: proxies put the status there.
    code: typeof code === 'string' && !/^\d*$/.test(code) ? code : isQuotaUsedUp(cause.error) ? QUOTA_USED_UP : '',
    param: param ?? '',
  };
  const kept = Object.entries(names).filter(([, name]) => name !== '');
  return Object.fromEntries(kept.map(([field, name]) => [field, redactedName(name)]));
}

interface KindAndStatus {
  kind: ErrorKind;
  status?: number;
}

function kindOf(cause: FailureCause): KindAndStatus {
  switch (cause.type) {
    case 'http':
      return kindOfStatus(cause.status, cause.error);
    case 'error in a 200':
      return kindOfErrorIn200(cause.error);
    case 'timeout':
      return { kind: 'Timeout' };
    case 'connection':
      return { kind: 'APIConnectionError' };
    case 'invalid response':
    case 'redirect':
      return { kind: 'InvalidResponseError' };
    case 'content filter':
      return { kind: 'ContentPolicyViolationError' };
    case 'answer too large':
      return { kind: 'ResponseTooLargeError' };
    case 'unknown deployment':
      return { kind: 'NotFoundError' };
  }
}

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  401: 'AuthenticationError',
  402: 'PaymentRequiredError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
  408: 'Timeout',
  409: 'ConflictError',
  422: 'UnprocessableEntityError',
  429: 'RateLimitError',
  502: 'BadGatewayError',
  503: 'ServiceUnavailableError',
  504: 'GatewayTimeoutError',
};

function kindOfStatus(status: number, error: ProviderError): KindAndStatus {
  if (status === 400) return { kind: kindOfBadRequest(error), status };
  if (status === 413 && isContextWindow(error)) return { kind: 'ContextWindowExceededError', status };
  const known = KIND_OF_STATUS[status];
  if (known !== undefined) return { kind: known, status };
  if (status >= 400 && status < 500) return { kind: 'BadRequestError', status };
  if (status >= 500 && status < 600) return { kind: 'InternalServerError', status };
  return { kind: 'InvalidResponseError' };
}

/** An error body under a 200 counts as an HTTP error when it names a status; 500 is what proxies write for "something". */
function kindOfErrorIn200(error: ProviderError): KindAndStatus {
  for (const value of [error.code, error.status]) {
    const status = typeof value === 'number' ? value : /^\d{3}$/.test(value ?? '') ? Number(value) : 0;
    if (Number.isInteger(status) && status >= 400 && status < 600 && status !== 500) return kindOfStatus(status, error);
  }
  return { kind: 'InvalidResponseError' };
}

function kindOfBadRequest(error: ProviderError): ErrorKind {
  for (const code of codesOf(error)) {
    const kind = ownProperty(KIND_OF_CODE, code);
    if (kind !== undefined) return kind;
  }
  if (isContextWindow(error)) return 'ContextWindowExceededError';
  const text = error.message ?? '';
  if (CONTENT_POLICY_TEXTS.some((pattern) => pattern.test(text))) return 'ContentPolicyViolationError';
  if (UNSUPPORTED_PARAMS_TEXTS.some((pattern) => pattern.test(text))) return 'UnsupportedParamsError';
  return 'BadRequestError';
}

/** Codes and types of a 400 that have a kind of their own (OpenAI and Azure OpenAI, read 2026-11). */
const KIND_OF_CODE: Readonly<Record<string, ErrorKind>> = {
  context_length_exceeded: 'ContextWindowExceededError',
  content_policy_violation: 'ContentPolicyViolationError',
  content_filter: 'ContentPolicyViolationError',
  content_filter_policy: 'ContentPolicyViolationError',
  moderation_blocked: 'ContentPolicyViolationError',
  ResponsibleAIPolicyViolation: 'ContentPolicyViolationError',
  unsupported_parameter: 'UnsupportedParamsError',
  unknown_parameter: 'UnsupportedParamsError',
};

/**
 * What providers write when a prompt does not fit (OpenAI, Azure, Anthropic, Cerebras, llama.cpp, TGI, Gemini). LiteLLM's
 * proxy puts the status in the place of the code, so that only the name of its class tells (1.106).
 */
const CONTEXT_WINDOW_TEXTS: readonly RegExp[] = [
  /maximum context length is/i,
  /model's maximum context limit/i,
  /exceeds? (?:the |this model's )?(?:available )?context (?:window|limit|size|length)/i,
  /longer than the model's context length/i,
  /input tokens exceed the configured limit/i,
  /`inputs` tokens \+ `max_new_tokens` must be/i,
  /exceeds the maximum number of tokens allowed/i,
  /current length is .* while limit is/i,
  /maximum input length is .* tokens/i,
  /prompt is too long: \d+ tokens/i,
  /\blitellm\.ContextWindowExceededError\b/,
];

const STRING_TOO_LONG = /string too long\. expected a string with maximum length/i;

const CONTENT_POLICY_TEXTS: readonly RegExp[] = [
  /invalid prompt.*violating our usage policy/is,
  /rejected as a result of (?:the|our) safety system/i,
  /triggering azure openai's content management/i,
  /\blitellm\.ContentPolicyViolationError\b/,
];

const UNSUPPORTED_PARAMS_TEXTS: readonly RegExp[] = [
  /\bunsupported parameters?\b/i,
  /\bunknown parameters?\b/i,
  /unrecognized request arguments?/i,
  /extra inputs are not permitted/i,
  /\blitellm\.UnsupportedParamsError\b/,
];

/** Where a provider may have put its own name for an error, the most precise first. */
function codesOf({ code, innerCode, type }: ProviderError): string[] {
  return [code, innerCode, type].filter((name) => typeof name === 'string');
}

function isContextWindow(error: ProviderError): boolean {
  if (codesOf(error).includes('context_length_exceeded')) return true;
  const text = error.message ?? '';
  // With this code OpenAI means a limit on the length of one string, which no larger window lifts.
  if (STRING_TOO_LONG.test(text)) return error.code !== 'string_above_max_length';
  return CONTEXT_WINDOW_TEXTS.some((pattern) => pattern.test(text));
}

const QUOTA_USED_UP = 'insufficient_quota';

function isQuotaUsedUp(error: ProviderError): boolean {
  return codesOf(error).includes(QUOTA_USED_UP);
}

function notRetriedReason(kind: ErrorKind, { cause, headers }: FailureFacts): string | null {
  if (ERROR_KINDS[kind].retried !== 'by default') return null;
  const isProviders = cause.type === 'http' || cause.type === 'error in a 200';
  if (isProviders && kind === 'RateLimitError' && isQuotaUsedUp(cause.error)) {
    return `the quota is used up (${QUOTA_USED_UP})`;
  }
  if (cause.type === 'redirect') return 'a redirect is never followed, and leads there each time';
  return headers['x-should-retry']?.trim().toLowerCase() === 'false' ? 'the provider said x-should-retry: false' : null;
}

function messageOf(cause: FailureCause, { phase }: FailureFacts): string {
  switch (cause.type) {
    case 'http':
      return cause.error.message || `the provider answered ${cause.status} without a message`;
    case 'error in a 200':
      return cause.error.message || 'the provider answered 200 with an error without a message';
    case 'timeout':
      return `${timeoutMessage(cause.scope, cause.limitMs / 1000)}, while ${phase}`;
    case 'connection':
      return `${cause.message}${cause.code === undefined ? '' : ` (${cause.code})`}, while ${phase}`;
    case 'invalid response':
    case 'unknown deployment':
      return cause.message;
    case 'redirect':
      return (
        `the provider answered ${cause.status}, a redirect to ${cause.target ?? 'nowhere'}. None is followed: ` +
        'the prompt would go to another address. If that is the right one, write it into api_base'
      );
    case 'content filter':
      return 'the answer was blocked by the content filter of the provider (content_filter)';
    case 'answer too large':
      return `the answer has more than ${cause.bytes} bytes; at most ${MAX_PAYLOAD_BYTES} can be kept. Ask for less (max_tokens, n)`;
  }
}

function timeoutMessage(scope: Extract<FailureCause, { type: 'timeout' }>['scope'], seconds: number): string {
  switch (scope) {
    case 'attempt':
      return `no complete answer within the attempt timeout of ${seconds} s`;
    case 'deadline':
      return `no complete answer before the deadline, ${seconds} s after the attempt began`;
    case 'first content':
      return `no content of the stream within ${seconds} s (stream_timeout)`;
    case 'idle':
      return `the stream was silent for ${seconds} s (stream_idle_timeout)`;
  }
}
