import { describe, expect, test } from 'vitest';
import { POLICY_FIELDS } from '../../src/core/errors/error-kinds.js';
import { config, parse, problemsOf } from './helpers.js';

const router = (settings: Record<string, unknown>) => parse(config({ router_settings: settings })).routing.router;
const litellm = (settings: Record<string, unknown>) => parse(config({ litellm_settings: settings })).routing.litellm;

describe('router_settings', () => {
  const cases: [what: string, settings: Record<string, unknown>, layer: unknown][] = [
    ['a section without keys sets nothing', {}, {}],
    ['null sets nothing', { num_retries: null, fallbacks: null, retry_policy: null }, {}],
    [
      'counts',
      { num_retries: 0, max_fallbacks: 3, max_lost_attempts: 2, num_retries_per_request: 7 },
      {
        numRetries: 0,
        maxFallbacks: 3,
        maxLostAttempts: 2,
        numRetriesPerRequest: 7,
      },
    ],
    ['counts written as text', { num_retries: '4' }, { numRetries: 4 }],
    [
      'seconds become milliseconds',
      { timeout: 30, stream_timeout: 5, stream_idle_timeout: 7, retry_after: 0, max_retry_delay: 2.5 },
      {
        timeoutMs: 30_000,
        streamTimeoutMs: 5000,
        streamIdleTimeoutMs: 7000,
        retryAfterMs: 0,
        maxRetryDelayMs: 2500,
      },
    ],
    ['seconds written as text', { timeout: '1.5' }, { timeoutMs: 1500 }],
    ['a time-out under a millisecond stays a time-out', { timeout: 0.0001 }, { timeoutMs: 1 }],
    ['a reserve of nothing', { fallback_reserve: 0 }, { fallbackReserve: 0 }],
    [
      'groups that ask first',
      { fallback_approval: { groups: ['a'] } },
      { fallbackApproval: { groups: ['a'], timeoutMs: 3_600_000, onTimeout: 'deny' } },
    ],
    [
      'groups that ask first, for a while',
      { fallback_approval: { groups: ['a'], timeout: '60', on_timeout: 'approve' } },
      { fallbackApproval: { groups: ['a'], timeoutMs: 60_000, onTimeout: 'approve' } },
    ],
    [
      'a policy, whose unset fields say nothing',
      { retry_policy: { RateLimitErrorRetries: '5', TimeoutErrorRetries: 0, DefaultRetries: null } },
      { retryPolicy: { RateLimitErrorRetries: 5, TimeoutErrorRetries: 0 } },
    ],
    [
      'policies of groups',
      { model_group_retry_policy: { a: { UnsupportedParamsRetries: 1 }, b: null } },
      { modelGroupRetryPolicy: { a: { UnsupportedParamsRetries: 1 }, b: {} } },
    ],
  ];
  test.each(cases)('%s', (_, settings, layer) => {
    expect(router(settings)).toEqual(layer);
  });

  test('an alias may be a text or an object', () => {
    const { routing } = parse(
      config({ router_settings: { model_group_alias: { x: 'a', y: { model: 'b', hidden: true } } } }),
    );
    expect(routing.aliases).toEqual({ x: 'a', y: 'b' });
  });

  test('what only workers need is kept apart from the routing', () => {
    const loaded = parse(
      config({
        router_settings: {
          allowed_fails: 2,
          allowed_fails_policy: { RateLimitErrorAllowedFails: 0 },
          cooldown_time: 30,
          disable_cooldowns: 'yes',
          default_max_parallel_requests: 4,
        },
      }),
    );
    expect(loaded.routing.router).toEqual({});
    expect(loaded.operational).toMatchObject({
      allowedFails: 2,
      allowedFailsPolicy: { RateLimitErrorAllowedFails: 0 },
      cooldownMs: 30_000,
      disableCooldowns: true,
      maxParallelRequests: 4,
    });
  });
});

test('whether answers are judged by the schema of the request', () => {
  expect(litellm({ enable_json_schema_validation: true })).toEqual({ validateSchema: true });
  expect(litellm({ enable_json_schema_validation: 'no' })).toEqual({ validateSchema: false });
});

test('litellm_settings are a layer of their own, and request_timeout is its attempt timeout', () => {
  expect(litellm({ num_retries: 1, request_timeout: 9, num_retries_per_request: 3, default_fallbacks: ['b'] })).toEqual(
    {
      numRetries: 1,
      timeoutMs: 9000,
      numRetriesPerRequest: 3,
      defaultFallbacks: [{ group: 'b' }],
    },
  );
});

describe('a wrong value is named with its path', () => {
  const cases: [settings: Record<string, unknown>, problem: string][] = [
    [{ num_retries: -1 }, 'num_retries: expected a whole number from 0 to 1000000, got -1'],
    [{ num_retries: '-1' }, 'num_retries: expected a whole number from 0 to 1000000, got "-1"'],
    [{ num_retries: 1.5 }, 'num_retries: expected a whole number from 0 to 1000000, got 1.5'],
    [{ num_retries: 'many' }, 'num_retries: expected a whole number from 0 to 1000000, got "many"'],
    [{ num_retries: [1] }, 'num_retries: expected a whole number from 0 to 1000000, got a list'],
    [{ num_retries: true }, 'num_retries: expected a whole number from 0 to 1000000, got true'],
    [{ max_fallbacks: 1e9 }, 'max_fallbacks: expected a whole number from 0 to 1000000, got 1000000000'],
    [{ timeout: 0 }, 'timeout: expected seconds, more than 0 and at most 2147483, got 0'],
    [{ timeout: '0' }, 'timeout: expected seconds, more than 0 and at most 2147483, got "0"'],
    [{ timeout: Infinity }, 'timeout: expected seconds, more than 0 and at most 2147483, got Infinity'],
    [{ stream_timeout: 0 }, 'stream_timeout: expected seconds, more than 0 and at most 2147483, got 0'],
    [{ retry_after: -1 }, 'retry_after: expected seconds, from 0 to 31622400, got -1'],
    [{ fallback_reserve: 1 }, 'fallback_reserve: expected a share: 0 or more, and less than 1, got 1'],
    [{ retry_policy: 3 }, 'retry_policy: expected an object, got 3'],
    [
      { retry_policy: { RateLimitErrorRetries: -2 } },
      'retry_policy.RateLimitErrorRetries: expected a whole number from 0 to 1000000, got -2',
    ],
    [
      { retry_policy: { RateLimitErrorRetrys: 2 } },
      'retry_policy.RateLimitErrorRetrys: unknown key. Did you mean RateLimitErrorRetries?',
    ],
    [
      { model_group_retry_policy: { 'gpt-3.5': { RateLimitErrorRetry: 2 } } },
      `model_group_retry_policy["gpt-3.5"].RateLimitErrorRetry: unknown key. There are: ${POLICY_FIELDS.join(', ')}`,
    ],
    [
      { fallback_approval: { timeout: 60 } },
      'fallback_approval.groups: missing: expected a list of the model groups that ask first',
    ],
    [
      { fallback_approval: { groups: [] } },
      'fallback_approval.groups: expected a list of the model groups that ask first, got an empty list',
    ],
    [
      { fallback_approval: { groups: ['aa'] } },
      'fallback_approval.groups: there is no model group aa. Did you mean a?',
    ],
    [
      { fallback_approval: { groups: ['a'], timeout: 0 } },
      'fallback_approval.timeout: expected seconds, more than 0 and at most 31622400, got 0',
    ],
    [
      { fallback_approval: { groups: ['a'], on_timeout: 'maybe' } },
      'fallback_approval.on_timeout: expected approve or deny, got "maybe"',
    ],
    [
      { fallback_approval: { groups: ['a'], ontimeout: 'deny' } },
      'fallback_approval.ontimeout: unknown key. Did you mean on_timeout?',
    ],
    [{ disable_cooldowns: 'maybe' }, 'disable_cooldowns: expected true or false, got "maybe"'],
    [{ model_group_alias: { x: 'nobody' } }, 'model_group_alias.x: unknown model group nobody: name a model group.'],
    [
      { model_group_alias: { x: 'y', y: 'a' } },
      'model_group_alias.x: the target is an alias itself: name a model group.',
    ],
    [
      { model_group_alias: ['a'] },
      'model_group_alias: expected an object of aliases, each with its model group, got a list',
    ],
  ];
  test.each(cases)('%j', (settings, problem) => {
    expect(problemsOf(config({ router_settings: settings }))).toContain(`router_settings.${problem}`);
  });
});

test('all problems are listed, one per line, each with the name of the file', () => {
  expect(() =>
    parse(config({ router_settings: { timeout: 0, num_retires: 3 }, litellm_settings: { num_retries: -1 } })),
  ).toThrow(
    [
      'test.yaml: router_settings.num_retires: unknown key. Did you mean num_retries?',
      'test.yaml: router_settings.timeout: expected seconds, more than 0 and at most 2147483, got 0',
      'test.yaml: litellm_settings.num_retries: expected a whole number from 0 to 1000000, got -1',
    ].join('\n'),
  );
});

test('of very many problems the first are listed, and the others counted', () => {
  const problems = problemsOf({ model_list: Array.from({ length: 500 }, () => 1) });
  expect(problems).toHaveLength(100);
  expect(problems.at(-1)).toBe('… and 401 more problems');
});
