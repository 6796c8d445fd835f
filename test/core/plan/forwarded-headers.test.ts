import { expect, test } from 'vitest';
import { FORWARDED_BY_DEFAULT, forwardedHeaders, mayBeForwarded } from '../../../src/core/plan/forwarded-headers.js';

const headers = {
  host: 'localhost',
  authorization: 'Bearer x',
  'x-api-key': 'x',
  'x-title': 'Docs',
  'http-referer': 'https://example.org',
  traceparent: '00-1',
  'x-stainless-lang': 'js',
  'x-litellm-timeout': '3',
  'x-holdfast-stream-restart': 'true',
  'x-forwarded-for': '10.0.0.1',
  'anthropic-beta': 'a',
  'x-many': ['a', 'b'],
};

test.each<[patterns: readonly string[], kept: string[]]>([
  [[], []],
  [FORWARDED_BY_DEFAULT, ['x-title', 'anthropic-beta']],
  [
    ['X-Title', 'HTTP-Referer', 'traceparent', 'tracestate'],
    ['x-title', 'http-referer', 'traceparent'],
  ],
  [['*'], ['x-title', 'http-referer', 'traceparent', 'anthropic-beta']],
])('of %j', (patterns, kept) => {
  expect(Object.keys(forwardedHeaders(headers, patterns) ?? {})).toEqual(kept);
});

test.each(['Authorization', 'X-API-Key', 'Cookie', 'X-Auth-Token', 'Content-Type', 'Idempotency-Key', 'X-Request-Id'])(
  '%s never',
  (name) => expect(mayBeForwarded(name)).toBe(false),
);
