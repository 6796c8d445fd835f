import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classify, type Failure } from '../../../src/core/errors/classify.js';
import { ERROR_KINDS, isErrorKind, type ErrorKind } from '../../../src/core/errors/error-kinds.js';
import type { FailureCause, FailureFacts, ProviderError } from '../../../src/core/errors/failure-facts.js';
import { NOW_MS } from '../build.js';

function judged(cause: FailureCause, set: Partial<FailureFacts> = {}): Failure {
  return classify({ cause, phase: 'waiting for the answer', headers: {}, ...set }, NOW_MS);
}

function ofStatus(status: number, error: ProviderError = {}, set: Partial<FailureFacts> = {}): Failure {
  return judged({ type: 'http', status, error }, set);
}

describe('the status decides first', () => {
  const cases: [status: number, kind: ErrorKind, reported: number][] = [
    [400, 'BadRequestError', 400],
    [401, 'AuthenticationError', 401],
    [402, 'PaymentRequiredError', 402],
    [403, 'PermissionDeniedError', 403],
    [404, 'NotFoundError', 404],
    [405, 'BadRequestError', 405],
    [408, 'Timeout', 408],
    [409, 'ConflictError', 409],
    [410, 'BadRequestError', 410],
    [413, 'BadRequestError', 413],
    [418, 'BadRequestError', 418],
    [422, 'UnprocessableEntityError', 422],
    [429, 'RateLimitError', 429],
    [451, 'BadRequestError', 451],
    [499, 'BadRequestError', 499],
    [500, 'InternalServerError', 500],
    [501, 'InternalServerError', 501],
    [502, 'BadGatewayError', 502],
    [503, 'ServiceUnavailableError', 503],
    [504, 'GatewayTimeoutError', 504],
    [520, 'InternalServerError', 520],
    [529, 'InternalServerError', 529],
    [599, 'InternalServerError', 599],
    [100, 'InvalidResponseError', 502],
    [204, 'InvalidResponseError', 502],
    [304, 'InvalidResponseError', 502],
    [600, 'InvalidResponseError', 502],
  ];
  test.each(cases)('%i is %s, reported as %i', (status, kind, reported) => {
    expect(ofStatus(status)).toMatchObject({ kind, status: reported });
  });

  const misleading: [what: string, status: number, error: ProviderError, kind: ErrorKind][] = [
    ['a 400 that mentions a rate limit', 400, { message: 'rate limit of 429 reached' }, 'BadRequestError'],
    ['a 400 with the code of a rate limit', 400, { code: 'rate_limit_exceeded' }, 'BadRequestError'],
    ['a 401 about the context', 401, { code: 'context_length_exceeded' }, 'AuthenticationError'],
    ['a 403 about a missing model', 403, { code: 'model_not_found' }, 'PermissionDeniedError'],
    ['a 422 about an unknown parameter', 422, { code: 'unknown_parameter' }, 'UnprocessableEntityError'],
    ['a 429 about the context', 429, { message: 'maximum context length is 8' }, 'RateLimitError'],
    ['a 500 that mentions a rate limit', 500, { message: 'rate limit' }, 'InternalServerError'],
    ['a 500 about content policy', 500, { code: 'content_policy_violation' }, 'InternalServerError'],
  ];
  test.each(misleading)('%s', (_, status, error, kind) => {
    expect(ofStatus(status, error).kind).toBe(kind);
  });
});

describe('code and type tell kinds of a 400 apart', () => {
  const cases: [error: ProviderError, kind: ErrorKind][] = [
    [{ code: 'context_length_exceeded' }, 'ContextWindowExceededError'],
    [{ type: 'context_length_exceeded' }, 'ContextWindowExceededError'],
    [{ code: 'content_policy_violation' }, 'ContentPolicyViolationError'],
    [{ code: 'content_filter' }, 'ContentPolicyViolationError'],
    [{ type: 'content_filter_policy' }, 'ContentPolicyViolationError'],
    [{ code: 'moderation_blocked' }, 'ContentPolicyViolationError'],
    [{ code: 'x', innerCode: 'ResponsibleAIPolicyViolation' }, 'ContentPolicyViolationError'],
    [{ code: 'unsupported_parameter' }, 'UnsupportedParamsError'],
    [{ type: 'unknown_parameter' }, 'UnsupportedParamsError'],
    [{ code: 'unknown_parameter', message: 'maximum context length is 8' }, 'UnsupportedParamsError'],
    [{ code: 400 }, 'BadRequestError'],
    [{ code: 'constructor', type: 'toString' }, 'BadRequestError'],
  ];
  test.each(cases)('%j is %s', (error, kind) => {
    expect(ofStatus(400, error).kind).toBe(kind);
  });
});

describe('the text of a 400 is read last', () => {
  const texts: [kind: ErrorKind, message: string][] = [
    ['ContextWindowExceededError', "This model's maximum context length is 8192 tokens."],
    ['ContextWindowExceededError', "tokens exceed the model's maximum context limit"],
    ['ContextWindowExceededError', 'Your input exceeds the context window of this model.'],
    ['ContextWindowExceededError', 'input length and `max_tokens` exceed context limit: 1 + 2 > 2'],
    ['ContextWindowExceededError', 'the request exceeds the available context size'],
    ['ContextWindowExceededError', "the prompt (10) is longer than the model's context length (8)"],
    ['ContextWindowExceededError', 'Input tokens exceed the configured limit of 272000 tokens.'],
    ['ContextWindowExceededError', '`inputs` tokens + `max_new_tokens` must be <= 4096'],
    ['ContextWindowExceededError', 'The input token count (2) exceeds the maximum number of tokens allowed (1).'],
    ['ContextWindowExceededError', 'Current length is 9000 while limit is 8192'],
    ['ContextWindowExceededError', 'the maximum input length is 10 tokens'],
    ['ContextWindowExceededError', 'prompt is too long: 210000 tokens > 200000 maximum'],
    ['ContextWindowExceededError', 'string too long. Expected a string with maximum length 10'],
    ['ContentPolicyViolationError', 'Invalid prompt: flagged\nas violating our usage policy'],
    ['ContentPolicyViolationError', 'rejected as a result of the safety system'],
    ['ContentPolicyViolationError', "triggering Azure OpenAI's content management policy"],
    ['UnsupportedParamsError', "Unsupported parameter: 'foo'"],
    ['UnsupportedParamsError', 'unknown parameters: foo, bar'],
    ['UnsupportedParamsError', 'Unrecognized request arguments supplied: foo, bar'],
    ['UnsupportedParamsError', 'foo: Extra inputs are not permitted'],
    ['BadRequestError', 'messages is required'],
    ['BadRequestError', 'the context is important'],
  ];
  test.each(texts)('%s: %s', (kind, message) => {
    expect(ofStatus(400, { message }).kind).toBe(kind);
  });

  test('a limit on the length of one string is no context window', () => {
    const message = 'string too long. Expected a string with maximum length 10';
    expect(ofStatus(400, { message, code: 'string_above_max_length' }).kind).toBe('BadRequestError');
  });
});

test.each<[error: ProviderError, kind: ErrorKind]>([
  [{ code: 'context_length_exceeded' }, 'ContextWindowExceededError'],
  [{ type: 'context_length_exceeded' }, 'ContextWindowExceededError'],
  [{ message: 'prompt is too long: 5 tokens' }, 'ContextWindowExceededError'],
  [{ message: 'Request Entity Too Large' }, 'BadRequestError'],
  [{ code: 'content_filter' }, 'BadRequestError'],
])('a 413 with %j is %s and keeps its status', (error, kind) => {
  expect(ofStatus(413, error)).toMatchObject({ kind, status: 413 });
});

describe('other causes', () => {
  const cases: [cause: FailureCause, kind: ErrorKind, status: number, message: string][] = [
    [
      { type: 'timeout', scope: 'attempt', limitMs: 1500 },
      'Timeout',
      408,
      'no complete answer within the attempt timeout of 1.5 s, while waiting for the answer',
    ],
    [
      { type: 'timeout', scope: 'deadline', limitMs: 250 },
      'Timeout',
      408,
      'no complete answer before the deadline, 0.25 s after the attempt began, while waiting for the answer',
    ],
    [
      { type: 'timeout', scope: 'first content', limitMs: 700 },
      'Timeout',
      408,
      'no content of the stream within 0.7 s (stream_timeout), while waiting for the answer',
    ],
    [
      { type: 'timeout', scope: 'idle', limitMs: 60_000 },
      'Timeout',
      408,
      'the stream was silent for 60 s (stream_idle_timeout), while waiting for the answer',
    ],
    [
      { type: 'connection', code: 'ECONNRESET', message: 'the connection was reset' },
      'APIConnectionError',
      502,
      'the connection was reset (ECONNRESET), while waiting for the answer',
    ],
    [{ type: 'connection', message: 'no TLS' }, 'APIConnectionError', 502, 'no TLS, while waiting for the answer'],
    [{ type: 'invalid response', message: 'not JSON' }, 'InvalidResponseError', 502, 'not JSON'],
    [
      { type: 'content filter' },
      'ContentPolicyViolationError',
      400,
      'the answer was blocked by the content filter of the provider (content_filter)',
    ],
    [
      { type: 'schema mismatch', where: 'choices[0]', problem: 'at /n: must be integer (type)' },
      'JSONSchemaValidationError',
      502,
      'the answer does not fit the JSON schema of the request: choices[0]: at /n: must be integer (type)',
    ],
    [
      { type: 'unusable schema', message: "can't resolve reference x" },
      'BadRequestError',
      400,
      "answers cannot be judged by the JSON schema of the request: can't resolve reference x; validate_schema: false asks without",
    ],
    [
      { type: 'answer too large', bytes: 2_000_000, mostBytes: 1_500_000 },
      'ResponseTooLargeError',
      502,
      'the answer has more than 2000000 bytes; at most 1500000 can be kept. Ask for less (max_tokens, n)',
    ],
    [{ type: 'unknown deployment', message: 'no such deployment' }, 'NotFoundError', 404, 'no such deployment'],
    [
      { type: 'http', status: 503, error: {} },
      'ServiceUnavailableError',
      503,
      'the provider answered 503 without a message',
    ],
    [{ type: 'http', status: 503, error: { message: 'busy' } }, 'ServiceUnavailableError', 503, 'busy'],
    [
      { type: 'error in a 200', error: { message: '' } },
      'InvalidResponseError',
      502,
      'the provider answered 200 with an error without a message',
    ],
    [{ type: 'error in a 200', error: { message: 'busy' } }, 'InvalidResponseError', 502, 'busy'],
  ];
  test.each(cases)('%j is %s (%i)', (cause, kind, status, message) => {
    expect(judged(cause)).toMatchObject({ kind, status, message });
  });

  test('only the end of a deadline is told as such', () => {
    const scopes = ['attempt', 'deadline', 'first content', 'idle'] as const;
    expect(scopes.map((scope) => judged({ type: 'timeout', scope, limitMs: 1 }).deadlineReached)).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });

  test('content of a stream that had been read before it broke', () => {
    const cause: FailureCause = { type: 'connection', message: 'the connection was reset' };
    expect(
      [undefined, false, true].map((contentDelivered) => judged(cause, { contentDelivered }).contentDelivered),
    ).toEqual([undefined, undefined, true]);
  });
});

describe('what makes an error that is retried by default not retried', () => {
  const quota = 'the quota is used up (insufficient_quota)';
  const header = 'the provider said x-should-retry: false';
  const cases: [what: string, cause: FailureCause, xShouldRetry: string | undefined, reason: string | null][] = [
    ['a 429 without a quota error', { type: 'http', status: 429, error: {} }, undefined, null],
    ['insufficient_quota as code', { type: 'http', status: 429, error: { code: 'insufficient_quota' } }, 'true', quota],
    [
      'insufficient_quota as type',
      { type: 'http', status: 429, error: { type: 'insufficient_quota' } },
      undefined,
      quota,
    ],
    [
      'insufficient_quota in a 200',
      { type: 'error in a 200', error: { status: 429, code: 'insufficient_quota' } },
      undefined,
      quota,
    ],
    [
      'the same code under another status',
      { type: 'http', status: 503, error: { code: 'insufficient_quota' } },
      undefined,
      null,
    ],
    ['x-should-retry: false', { type: 'http', status: 500, error: {} }, 'false', header],
    ['x-should-retry in other letters', { type: 'http', status: 500, error: {} }, ' False ', header],
    ['x-should-retry: false with a body that is no answer', { type: 'invalid response', message: '' }, 'false', header],
    ['x-should-retry: true, which says nothing', { type: 'http', status: 500, error: {} }, 'true', null],
    [
      'x-should-retry: false for an error that is not retried anyway',
      { type: 'http', status: 400, error: {} },
      'false',
      null,
    ],
  ];
  test.each(cases)('%s', (_, cause, xShouldRetry, reason) => {
    expect(judged(cause, { headers: { 'x-should-retry': xShouldRetry } }).notRetriedByDefault).toBe(reason);
  });

  test('x-should-retry: true does not make a 400 retried', () => {
    const { kind } = ofStatus(400, {}, { headers: { 'x-should-retry': 'true' } });
    expect(ERROR_KINDS[kind].retried).toBe('by policy');
  });
});

test('what else is known of the failure is kept', () => {
  const tokens = { prompt: 10, completion: 0, total: 10 };
  const facts = { headers: { 'retry-after': '7' }, requestId: 'req_1', tokens };
  expect(ofStatus(429, { message: 'slow down' }, facts)).toEqual({
    kind: 'RateLimitError',
    status: 429,
    message: 'slow down',
    requestId: 'req_1',
    retryAfterMs: 7000,
    notRetriedByDefault: null,
    deadlineReached: false,
    tokens,
  });
});

test('a message is never longer than 300 characters, the words around it included', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), fc.string({ maxLength: 50 }), (message, code) => {
      expect(judged({ type: 'connection', message, code }).message.length).toBeLessThanOrEqual(300);
    }),
  );
});

test('every answer of a provider has a kind and a status, whatever it says', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('constructor', '__proto__', 'toString', 'valueOf', '429'));
  const code = fc.oneof(text, fc.double(), fc.integer());
  const error = fc.record({ message: text, type: text, code, status: code, innerCode: text }, { requiredKeys: [] });
  fc.assert(
    fc.property(error, fc.integer({ min: 100, max: 999 }), fc.boolean(), (said, status, http) => {
      const failure = judged(http ? { type: 'http', status, error: said } : { type: 'error in a 200', error: said });
      expect(isErrorKind(failure.kind)).toBe(true);
      expect(failure.status >= 400 && failure.status < 600).toBe(true);
    }),
  );
});
