import { ERROR_KINDS, type ErrorKind } from './error-kinds.js';
import type { FailureCause, FailureFacts, ProviderError, Tokens } from './failure-facts.js';
import {
  isLostState,
  isUsedUp,
  LOST_STATE_KIND,
  kindOfErrorIn200,
  kindOfHttpError,
  type KindAndStatus,
} from './judge-error.js';
import { redactedMessage, redactedName } from '../common/redact.js';
import { requestedWaitMs } from './requested-wait.js';

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
  /** Set when what the request refers to is unknown at this deployment: another one may have it. */
  lostState?: true | undefined;
  tokens: Tokens | null;
}

/** Semantics: status decides first, then code and type, and text only tells kinds of the same status apart. */
export function classify(facts: FailureFacts, nowMs: number): Failure {
  const { cause } = facts;
  const judged = kindOf(cause);
  const { kind } = judged;
  const { status = ERROR_KINDS[kind].status } = judged;
  const error = errorOf(cause);
  return {
    kind,
    status,
    // The known keys are gone from it already; what the sentence adds may have made it too long again.
    message: redactedMessage(messageOf(cause, facts)),
    ...namesOf(kind, error),
    requestId: facts.requestId ?? null,
    retryAfterMs: requestedWaitMs({ headers: facts.headers, error, status, nowMs }),
    notRetriedByDefault: notRetriedReason(kind, facts),
    deadlineReached: cause.type === 'timeout' && cause.scope === 'deadline',
    ...(facts.contentDelivered === true && { contentDelivered: true }),
    ...(kind === LOST_STATE_KIND && isLostState(error) && { lostState: true }),
    tokens: facts.tokens ?? null,
  };
}

/** What the provider says of the error; nothing where it says none. */
function errorOf(cause: FailureCause): ProviderError {
  return cause.type === 'http' || cause.type === 'error in a 200' ? cause.error : {};
}

/** The name that OpenAI has for it, whatever the provider calls it: clients know no other. */
const QUOTA_USED_UP = 'insufficient_quota';

/** What the provider calls the error, and its place in the request. */
function namesOf(kind: ErrorKind, error: ProviderError): Pick<Failure, 'code' | 'param'> {
  const names = {
    code: kind === 'RateLimitError' && isUsedUp(error) ? QUOTA_USED_UP : nameIn(error.code),
    param: error.param ?? '',
  };
  const kept = Object.entries(names).filter(([, name]) => name !== '');
  return Object.fromEntries(kept.map(([field, name]) => [field, redactedName(name)]));
}

/** Digits are a name, too, but for an HTTP status, or no error at all: proxies put those there. */
function nameIn(code: ProviderError['code'] = ''): string {
  return /^(?:[0-5]?\d{0,2})$/.test(String(code)) ? '' : String(code);
}

function kindOf(cause: FailureCause): KindAndStatus {
  switch (cause.type) {
    case 'http':
      return kindOfHttpError(cause.status, cause.error);
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
    case 'schema mismatch':
      return { kind: 'JSONSchemaValidationError' };
    case 'unusable schema':
      return { kind: 'BadRequestError' };
    case 'answer too large':
      return { kind: 'ResponseTooLargeError' };
    case 'unknown deployment':
      return { kind: 'NotFoundError' };
  }
}

function notRetriedReason(kind: ErrorKind, { cause, headers }: FailureFacts): string | null {
  if (ERROR_KINDS[kind].retried !== 'by default') return null;
  if (kind === 'RateLimitError' && isUsedUp(errorOf(cause))) {
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
    case 'schema mismatch':
      return `the answer does not fit the JSON schema of the request: ${cause.where}: ${cause.problem}`;
    case 'unusable schema':
      return `answers cannot be judged by the JSON schema of the request: ${cause.message}; validate_schema: false asks without`;
    case 'answer too large':
      return `the answer has more than ${cause.bytes} bytes; at most ${cause.mostBytes} can be kept. Ask for less (max_tokens, n)`;
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
