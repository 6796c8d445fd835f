import { describe, expect, test } from 'vitest';
import type { CallReport } from '../../../src/core/call/call-types.js';
import { responseHeaders } from '../../../src/core/call/response-headers.js';

const report: CallReport = {
  ledger: { entries: [] },
  configHash: 'hash',
  group: 'fast',
  deployment: 'fast#gpt-4o',
  model: 'gpt-4o',
  attempts: 3,
  retries: 2,
  fallbacks: 0,
  groupRetries: 2,
  groupMaxRetries: 3,
  tokens: { prompt: 0, completion: 0, total: 0 },
};

const ids = { 'x-litellm-call-id': 'call-1', 'x-holdfast-workflow-id': 'call-1' };
const answered = {
  ...ids,
  'x-litellm-model-group': 'fast',
  'x-litellm-model-id': 'fast#gpt-4o',
  'x-litellm-attempted-retries': '2',
  'x-litellm-max-retries': '3',
  'x-litellm-attempted-fallbacks': '0',
};
const { 'x-litellm-max-retries': _max, ...withoutMax } = answered;
const { 'x-litellm-model-id': _id, ...withoutId } = answered;

describe('the headers of a call', () => {
  test.each<[string, Partial<CallReport> | null, boolean, Record<string, string>]>([
    ['an answer after retries', {}, false, answered],
    [
      'an answer at once: no budget was asked, so there is no max-retries',
      { groupRetries: 0, groupMaxRetries: null },
      false,
      { ...withoutMax, 'x-litellm-attempted-retries': '0' },
    ],
    [
      'an answer of a fallback group: the retries of that group only',
      { group: 'spare', deployment: 'spare#m', fallbacks: 1, groupRetries: 1, groupMaxRetries: 2 },
      false,
      {
        ...answered,
        'x-litellm-model-group': 'spare',
        'x-litellm-model-id': 'spare#m',
        'x-litellm-attempted-retries': '1',
        'x-litellm-max-retries': '2',
        'x-litellm-attempted-fallbacks': '1',
      },
    ],
    [
      "what the provider said of its limits, as it is and under LiteLLM's prefix",
      { providerHeaders: { 'x-ratelimit-limit-requests': '5000' } },
      false,
      { ...answered, 'x-ratelimit-limit-requests': '5000', 'llm_provider-x-ratelimit-limit-requests': '5000' },
    ],
    ['a failure: the caller must not run it again', {}, true, { ...answered, 'x-should-retry': 'false' }],
    [
      'a failure before any deployment was asked',
      { deployment: null },
      true,
      { ...withoutId, 'x-should-retry': 'false' },
    ],
    ['a failure before there was a plan', null, true, { ...ids, 'x-should-retry': 'false' }],
    [
      'a name that headers cannot carry, a broken one included',
      { group: 'schnell-ü-速\ud800' },
      false,
      { ...answered, 'x-litellm-model-group': 'schnell-%C3%BC-%E9%80%9F%EF%BF%BD' },
    ],
  ])('%s', (_name, set, failed, expected) => {
    const headers = responseHeaders({ callId: 'call-1', report: set === null ? null : { ...report, ...set }, failed });
    expect(headers).toEqual(expected);
  });
});

test.each([
  [3000, '3'],
  [1, '1'],
  [90_500, '91'],
])('a wait of %s ms that the last error asked for', (retryAfterMs, seconds) => {
  expect(responseHeaders({ callId: 'call-1', report: null, failed: true, retryAfterMs })).toEqual({
    ...ids,
    'x-should-retry': 'false',
    'retry-after': seconds,
  });
});
