import { describe, expect, test } from 'vitest';
import { classifyHttpError, type HttpError } from '../../../src/core/functions/classify-http-error.js';
import { NOW_MS } from '../build.js';

describe('an answer that is an error', () => {
  const cases: [what: string, error: HttpError, expected: object][] = [
    ['a status alone', { status: 503 }, { kind: 'ServiceUnavailableError', status: 503, retryAfterMs: null }],
    ['a status that has no kind of its own', { status: 418 }, { kind: 'BadRequestError', status: 418 }],
    [
      'its code',
      { status: 400, error: { code: 'context_length_exceeded', message: 'too long' } },
      { kind: 'ContextWindowExceededError', message: 'too long' },
    ],
    [
      'how long to wait',
      { status: 429, headers: { 'retry-after': '7' } },
      { kind: 'RateLimitError', retryAfterMs: 7000 },
    ],
    [
      'that a retry is no use',
      { status: 500, headers: { 'x-should-retry': 'false' } },
      { notRetriedByDefault: 'the provider said x-should-retry: false' },
    ],
    [
      'a key in its message is masked',
      { status: 401, error: { message: 'Incorrect API key provided: sk-0123456789abcdef' } },
      { kind: 'AuthenticationError', message: 'Incorrect API key provided: [redacted]' },
    ],
  ];
  test.each(cases)('%s', (_, error, expected) => {
    expect(classifyHttpError(error, NOW_MS)).toMatchObject(expected);
  });
});
