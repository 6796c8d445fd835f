import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/core/errors/classify.js';
import type { ErrorKind } from '../../../src/core/errors/error-kinds.js';
import type { FailureCause, ProviderError } from '../../../src/core/errors/failure-facts.js';
import { NOW_MS } from '../build.js';

function judged(cause: FailureCause) {
  return classify({ cause, phase: 'reading the answer', headers: {} }, NOW_MS);
}

describe('an error in a 200 is judged by the status it names, in digits or in words', () => {
  const cases: [error: ProviderError, kind: ErrorKind, status: number][] = [
    [{ code: 429 }, 'RateLimitError', 429],
    [{ code: 400 }, 'BadRequestError', 400],
    [{ code: '503' }, 'ServiceUnavailableError', 503],
    [{ code: 'overloaded', status: 529 }, 'InternalServerError', 529],
    [{ status: '400', message: 'maximum context length is 8' }, 'ContextWindowExceededError', 400],
    [{ code: 500, status: 429 }, 'RateLimitError', 429],
    [{ code: 500 }, 'InvalidResponseError', 502],
    [{ status: '500' }, 'InvalidResponseError', 502],
    [{ code: 200 }, 'InvalidResponseError', 502],
    [{ code: 399 }, 'InvalidResponseError', 502],
    [{ code: 600 }, 'InvalidResponseError', 502],
    [{ code: 429.5 }, 'InvalidResponseError', 502],
    [{ code: 'rate_limit_exceeded' }, 'RateLimitError', 429],
    [{ code: 'RESOURCE_EXHAUSTED' }, 'RateLimitError', 429],
    [{ code: 500, status: 'UNAVAILABLE' }, 'ServiceUnavailableError', 503],
    [{ type: 'overloaded_error' }, 'InternalServerError', 529],
    [{ code: 'insufficient_quota' }, 'RateLimitError', 429],
    [{ code: 'context_length_exceeded' }, 'ContextWindowExceededError', 400],
    [{ code: 500, type: 'exceed_context_size_error' }, 'ContextWindowExceededError', 400],
    [{ type: 'invalid_request_error', message: 'prompt too long' }, 'ContextWindowExceededError', 400],
    [{ type: 'invalid_request_error' }, 'BadRequestError', 400],
    [{ type: 'authentication_error' }, 'AuthenticationError', 401],
    [{ message: 'prompt is too long' }, 'ContextWindowExceededError', 400],
    [{ message: 'Content Exists Risk' }, 'ContentPolicyViolationError', 400],
    [{ message: 'Rate limit reached for requests' }, 'RateLimitError', 429],
    [{ message: 'Model is overloaded' }, 'ServiceUnavailableError', 503],
    [{ code: 'server_error', message: 'sorry' }, 'InvalidResponseError', 502],
    [{ code: '4290' }, 'InvalidResponseError', 502],
    [{}, 'InvalidResponseError', 502],
  ];
  test.each(cases)('%j is %s (%i)', (error, kind, status) => {
    expect(judged({ type: 'error in a 200', error })).toMatchObject({ kind, status });
  });
});
