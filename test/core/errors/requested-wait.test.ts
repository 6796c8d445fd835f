import { describe, expect, test } from 'vitest';
import type { ProviderError } from '../../../src/core/errors/failure-facts.js';
import type { AnswerHeaders } from '../../../src/core/errors/retry-after.js';
import { requestedWaitMs } from '../../../src/core/errors/requested-wait.js';
import { isLimitHeader } from '../../../src/core/errors/tables/limit-headers.js';
import { NOW_MS } from '../build.js';

const YEAR_MS = 365 * 24 * 3600 * 1000;

interface Said {
  readonly status?: number;
  readonly headers?: AnswerHeaders;
  readonly error?: ProviderError;
}

function waitOf({ status = 429, headers = {}, error = {} }: Said): number | null {
  return requestedWaitMs({ status, headers, error, nowMs: NOW_MS });
}

describe('how long a provider asks to wait', () => {
  test.each<[what: string, said: Said, ms: number | null]>([
    ['nothing said', {}, null],
    ['Retry-After', { headers: { 'retry-after': '7' } }, 7000],
    ['Retry-After before what the body says', { headers: { 'retry-after': '7' }, error: { retryDelay: '2s' } }, 7000],
    ["the Retry-After of a provider's provider", { error: { headers: { 'retry-after': '3' } } }, 3000],
    ['RetryInfo, in seconds', { error: { retryDelay: '34.074824224s' } }, 34_075],
    ['RetryInfo under any status', { status: 503, error: { retryDelay: '2s' } }, 2000],
    ['a delay without its unit', { error: { retryDelay: '2.5' } }, 2500],
    ['a delay that says nothing', { error: { retryDelay: 'soon' } }, null],
    ['more than a year', { error: { retryDelay: '9999d' } }, YEAR_MS],
    [
      'the reset of an exhausted limit, in milliseconds since the epoch',
      { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW_MS + 2600) } },
      2600,
    ],
    [
      'in seconds since the epoch',
      { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW_MS / 1000 + 3) } },
      3000,
    ],
    [
      'since the epoch by the clock of the provider',
      {
        headers: {
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': String(NOW_MS / 1000 + 3603),
          date: 'Sun, 22 Nov 2026 13:00:00 GMT',
        },
      },
      3000,
    ],
    ['a time that is over', { headers: { 'x-ratelimit-reset': '1000000000' } }, 0],
    ['a time in milliseconds that is over', { headers: { 'x-ratelimit-reset': '1000000000000' } }, 0],
    ['in seconds', { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '59.5' } }, 59_500],
    [
      'as OpenAI writes it, of the limit that is exhausted',
      {
        headers: {
          'x-ratelimit-remaining-requests': '12',
          'x-ratelimit-reset-requests': '1h2m3.5s',
          'x-ratelimit-remaining-tokens': '0',
          'x-ratelimit-reset-tokens': '6m0s',
        },
      },
      360_000,
    ],
    [
      'the longer one of two',
      {
        headers: {
          'x-ratelimit-remaining-requests': '0',
          'x-ratelimit-reset-requests': '120ms',
          'x-ratelimit-remaining-tokens': '0',
          'x-ratelimit-reset-tokens': '2s',
        },
      },
      2000,
    ],
    [
      'none of a limit of which something is left',
      { headers: { 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': '6m0s' } },
      null,
    ],
    [
      'none of a limit that says nothing of what is left, beside one that does',
      {
        headers: {
          'x-ratelimit-remaining-tokens': '5',
          'x-ratelimit-reset-tokens': '1s',
          'x-ratelimit-reset-requests': '6m0s',
        },
      },
      null,
    ],
    ['the only limit, where none says what is left', { headers: { 'x-ratelimit-reset': '4' } }, 4000],
    [
      'none where several limits do not say what is left',
      { headers: { 'x-ratelimit-reset-requests': '4', 'x-ratelimit-reset-tokens': '5' } },
      null,
    ],
    ['a reset that says nothing', { headers: { 'x-ratelimit-reset': 'soon' } }, null],
    [
      'as Anthropic writes it',
      {
        headers: {
          'anthropic-ratelimit-requests-remaining': '0',
          'anthropic-ratelimit-requests-reset': '2026-11-22T12:00:30Z',
          'anthropic-ratelimit-tokens-remaining': '1000',
          'anthropic-ratelimit-tokens-reset': '2026-11-22T13:00:00Z',
        },
      },
      30_000,
    ],
    ['as the IETF writes it', { headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '12' } }, 12_000],
    ['as Mistral writes it', { headers: { 'ratelimitbysize-remaining': '0', 'ratelimitbysize-reset': '34' } }, 34_000],
    ['a reset after so much time', { headers: { 'x-ratelimit-reset-after': '1.5' } }, 1500],
    [
      'the limits that OpenRouter puts into the body',
      { error: { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW_MS + 5000) } } },
      5000,
    ],
    [
      'no limit under another status',
      { status: 500, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' } },
      null,
    ],
    [
      'no limit of the body under another status',
      { status: 500, error: { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' } } },
      null,
    ],
    ['a header without a value', { headers: { 'x-ratelimit-reset': undefined } }, null],
  ])('%s', (_, said, ms) => {
    expect(waitOf(said)).toBe(ms);
  });
});

test.each([
  ['x-ratelimit-reset-tokens', true],
  ['x-ratelimit-remaining', true],
  ['anthropic-ratelimit-input-tokens-reset', true],
  ['ratelimit-reset', true],
  ['x-ratelimit-limit-tokens', false],
  ['content-type', false],
])('%s tells of a limit: %s', (name, tells) => {
  expect(isLimitHeader(name)).toBe(tells);
});
