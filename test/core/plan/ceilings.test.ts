import { expect, test } from 'vitest';
import { resolvePlan } from '../../../src/core/call/resolve-plan.js';
import { startHistory } from '../../../src/core/call/report.js';
import { cutToCeilings } from '../../../src/core/plan/ceilings.js';
import type { Ceilings, RequestSettings } from '../../../src/core/plan/settings.js';

const CEILINGS: Ceilings = { maxNumRetries: 5, maxTimeoutMs: 60_000, defaultTimeoutMs: 30_000, maxFallbacks: 2 };

test.each<[what: string, ceilings: Ceilings | undefined, asked: RequestSettings, got: object, cut: string[]]>([
  ['without ceilings, anything', undefined, { numRetries: 50, timeoutMs: 1e9 }, { numRetries: 50, timeoutMs: 1e9 }, []],
  [
    'what is within them',
    CEILINGS,
    { numRetries: 5, timeoutMs: 60_000, maxFallbacks: 2, retryPolicy: { RateLimitErrorRetries: 0 } },
    { numRetries: 5, timeoutMs: 60_000, maxFallbacks: 2, retryPolicy: { RateLimitErrorRetries: 0 } },
    [],
  ],
  ['a total where none was set', CEILINGS, {}, { timeoutMs: 30_000 }, []],
  ['the longest total, where there is no default', { maxTimeoutMs: 60_000 }, {}, { timeoutMs: 60_000 }, []],
  ['a default above it', { maxTimeoutMs: 60_000, defaultTimeoutMs: 90_000 }, {}, { timeoutMs: 60_000 }, []],
  ['a default alone', { defaultTimeoutMs: 90_000 }, {}, { timeoutMs: 90_000 }, []],
  [
    'what is beyond them',
    CEILINGS,
    {
      numRetries: 50,
      timeoutMs: 90_500,
      maxFallbacks: 3,
      retryPolicy: { RateLimitErrorRetries: 6, TimeoutErrorRetries: 1 },
      modelGroupRetryPolicy: { a: { DefaultRetries: 7 } },
      fallbacks: [
        {
          key: '',
          entries: [
            { group: 'b' },
            { group: 'c', settings: { numRetries: 8, timeoutMs: 70_000, retryPolicy: { DefaultRetries: 9 } } },
          ],
        },
      ],
    },
    {
      numRetries: 5,
      timeoutMs: 60_000,
      maxFallbacks: 2,
      retryPolicy: { RateLimitErrorRetries: 5, TimeoutErrorRetries: 1 },
      modelGroupRetryPolicy: { a: { DefaultRetries: 5 } },
      fallbacks: [
        {
          key: '',
          entries: [
            { group: 'b' },
            { group: 'c', settings: { numRetries: 5, timeoutMs: 60_000, retryPolicy: { DefaultRetries: 5 } } },
          ],
        },
      ],
    },
    [
      'fallbacks c: num_retries: 8, cut to 5',
      'fallbacks c: retry_policy.DefaultRetries: 9, cut to 5',
      'fallbacks c: timeout: 70, cut to 60',
      'num_retries: 50, cut to 5',
      'retry_policy.RateLimitErrorRetries: 6, cut to 5',
      'model_group_retry_policy.a.DefaultRetries: 7, cut to 5',
      'timeout: 90.5, cut to 60',
      'max_fallbacks: 3, cut to 2',
    ],
  ],
])('%s', (_what, ceilings, asked, got, cut) => {
  const found = cutToCeilings(asked, ceilings);
  expect(found.settings).toEqual(got);
  expect(found.cut).toEqual(cut);
});

test('the plan and the ledger say what was cut', () => {
  const config = {
    hash: 'h',
    groups: { a: [{ id: 'a#1', model: 'm' }] },
    aliases: {},
    router: { numRetries: 9 },
    litellm: {},
    ceilings: { maxNumRetries: 1 },
  };
  const result = resolvePlan(config, { numRetries: 3 }, 'a');
  if (!('plan' in result)) throw new Error('no plan');
  expect(result.plan).toMatchObject({ cut: ['num_retries: 3, cut to 1'], common: { requestNumRetries: 1 } });
  expect(startHistory(result.plan, 0).ledger.entries).toMatchObject([
    { outcome: 'note', message: 'beyond what the operator allows: num_retries: 3, cut to 1' },
  ]);
  // What the config says itself is the operator's choice.
  const own = resolvePlan(config, {}, 'a');
  expect(own).toMatchObject({ plan: { common: { numRetries: 9 } } });
  expect(own).not.toHaveProperty('plan.cut');
});
