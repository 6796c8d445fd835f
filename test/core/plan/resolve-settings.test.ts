import { describe, expect, test } from 'vitest';
import type { FallbackLists } from '../../../src/core/plan/call-plan.js';
import {
  resolveCall,
  resolveGroup,
  type ResolvedCall,
  type ResolvedGroup,
} from '../../../src/core/plan/resolve-settings.js';
import type { RequestSettings, RoutingConfig } from '../../../src/core/plan/settings.js';
import { config, entries, lists, rules } from '../build.js';

const NOT_SET = { value: null, source: 'default' };

describe('a setting of a group comes from the first layer that sets it', () => {
  const cases: [
    what: string,
    config: Partial<RoutingConfig>,
    request: RequestSettings,
    get: (r: ResolvedGroup) => unknown,
    value: unknown,
    source: string,
  ][] = [
    ['num_retries: 2 by default', {}, {}, (r) => r.numRetries, 2, 'default'],
    ['of litellm_settings', { litellm: { numRetries: 4 } }, {}, (r) => r.numRetries, 4, 'litellm_settings.num_retries'],
    [
      'of the router, 0 included',
      { router: { numRetries: 0 }, litellm: { numRetries: 4 } },
      {},
      (r) => r.numRetries,
      0,
      'router_settings.num_retries',
    ],
    [
      'of the request, kept apart',
      { router: { numRetries: 3 } },
      { numRetries: 1 },
      (r) => r.requestNumRetries,
      1,
      'request num_retries',
    ],
    ['attempt timeout: 600 s by default', {}, {}, (r) => r.timeoutMs, 600_000, 'default'],
    [
      'request_timeout of litellm_settings',
      { litellm: { timeoutMs: 9 } },
      {},
      (r) => r.timeoutMs,
      9,
      'litellm_settings.request_timeout',
    ],
    [
      'timeout of the router',
      { router: { timeoutMs: 8 }, litellm: { timeoutMs: 9 } },
      {},
      (r) => r.timeoutMs,
      8,
      'router_settings.timeout',
    ],
    [
      'timeout of a request is the total, not that of an attempt',
      {},
      { timeoutMs: 5 },
      (r) => r.timeoutMs,
      600_000,
      'default',
    ],
    [
      'stream_timeout of a request',
      { router: { streamTimeoutMs: 7 } },
      { streamTimeoutMs: 5 },
      (r) => r.requestStreamTimeoutMs,
      5,
      'request stream_timeout',
    ],
    [
      'stream_timeout of the router',
      { router: { streamTimeoutMs: 7 } },
      {},
      (r) => r.streamTimeoutMs,
      7,
      'router_settings.stream_timeout',
    ],
    [
      'stream_idle_timeout',
      { router: { streamIdleTimeoutMs: 7 } },
      {},
      (r) => r.streamIdleTimeoutMs,
      7,
      'router_settings.stream_idle_timeout',
    ],
    ['stream_idle_timeout by default', {}, {}, (r) => r.streamIdleTimeoutMs, 60_000, 'default'],
    ['retry_after', { router: { retryAfterMs: 7 } }, {}, (r) => r.retryAfterMs, 7, 'router_settings.retry_after'],
    ['retry_after by default', {}, {}, (r) => r.retryAfterMs, 0, 'default'],
    [
      'max_retry_delay',
      { router: { maxRetryDelayMs: 7 } },
      {},
      (r) => r.maxRetryDelayMs,
      7,
      'router_settings.max_retry_delay',
    ],
    ['max_retry_delay by default', {}, {}, (r) => r.maxRetryDelayMs, 60_000, 'default'],
    [
      'max_lost_attempts',
      { router: { maxLostAttempts: 0 } },
      {},
      (r) => r.maxLostAttempts,
      0,
      'router_settings.max_lost_attempts',
    ],
    ['max_lost_attempts by default', {}, {}, (r) => r.maxLostAttempts, 5, 'default'],
  ];
  test.each(cases)('%s', (_, set, request, get, value, source) => {
    expect(get(resolveGroup(config(['a'], set), request, 'a'))).toEqual({ value, source });
  });

  test('num_retries of a request that sets none, and stream_timeout that nobody sets', () => {
    const resolved = resolveGroup(config(['a']), {}, 'a');
    const { requestNumRetries, requestStreamTimeoutMs, streamTimeoutMs, totalMs } = resolved;
    const settings = [requestNumRetries, requestStreamTimeoutMs, streamTimeoutMs, totalMs];
    expect(settings).toEqual(settings.map(() => NOT_SET));
  });

  test('a fallback entry wins over the request', () => {
    const request = { numRetries: 1, streamTimeoutMs: 1, timeoutMs: 1, retryPolicy: { DefaultRetries: 1 } };
    const entry = { numRetries: 0, streamTimeoutMs: 2, timeoutMs: 3, retryPolicy: { DefaultRetries: 4 } };
    expect(resolveGroup(config(['a']), request, 'a', entry)).toMatchObject({
      requestNumRetries: { value: 0, source: 'fallback entry num_retries' },
      requestStreamTimeoutMs: { value: 2, source: 'fallback entry stream_timeout' },
      totalMs: { value: 3, source: 'fallback entry timeout' },
      retryPolicy: { DefaultRetries: { value: 4, source: 'fallback entry retry_policy.DefaultRetries' } },
    });
  });
});

describe('policies are merged field by field', () => {
  const layers = {
    router: {
      retryPolicy: { RateLimitErrorRetries: 1, TimeoutErrorRetries: 1, DefaultRetries: 1, NotFoundErrorRetries: 1 },
      modelGroupRetryPolicy: { a: { RateLimitErrorRetries: 2, TimeoutErrorRetries: 2, DefaultRetries: 2 } },
    },
  };
  const request: RequestSettings = {
    modelGroupRetryPolicy: { a: { RateLimitErrorRetries: 3, TimeoutErrorRetries: 3 } },
    retryPolicy: { RateLimitErrorRetries: 0 },
  };

  test('request retry_policy, then its model_group_retry_policy, then those of the router', () => {
    expect(resolveGroup(config(['a'], layers), request, 'a').retryPolicy).toEqual({
      RateLimitErrorRetries: { value: 0, source: 'request retry_policy.RateLimitErrorRetries' },
      TimeoutErrorRetries: { value: 3, source: 'request model_group_retry_policy.a.TimeoutErrorRetries' },
      DefaultRetries: { value: 2, source: 'router_settings.model_group_retry_policy.a.DefaultRetries' },
      NotFoundErrorRetries: { value: 1, source: 'router_settings.retry_policy.NotFoundErrorRetries' },
    });
  });

  test('a policy for another group says nothing, whatever the group is called', () => {
    const ofAnother = { modelGroupRetryPolicy: { a: { DefaultRetries: 9 } } };
    for (const group of ['b', 'constructor', null]) {
      const { retryPolicy } = resolveGroup(config(['a'], layers), ofAnother, group);
      const values = Object.entries(retryPolicy).map(([field, setting]) => [field, setting.value]);
      expect(Object.fromEntries(values)).toEqual(layers.router.retryPolicy);
    }
  });
});

describe('a setting of the call comes from the first layer that sets it', () => {
  const all = {
    router: { maxFallbacks: 2, numRetriesPerRequest: 2, fallbackReserve: 0 },
    litellm: { maxFallbacks: 1, numRetriesPerRequest: 1 },
  };
  const cases: [
    what: string,
    config: Partial<RoutingConfig>,
    request: RequestSettings,
    get: (r: ResolvedCall) => unknown,
    value: unknown,
  ][] = [
    ['max_fallbacks: 5 by default', {}, {}, (r) => r.maxFallbacks, { value: 5, source: 'default' }],
    [
      'of litellm_settings',
      { litellm: all.litellm },
      {},
      (r) => r.maxFallbacks,
      { value: 1, source: 'litellm_settings.max_fallbacks' },
    ],
    ['of the router', all, {}, (r) => r.maxFallbacks, { value: 2, source: 'router_settings.max_fallbacks' }],
    [
      'of the request, 0 included',
      all,
      { maxFallbacks: 0 },
      (r) => r.maxFallbacks,
      { value: 0, source: 'request max_fallbacks' },
    ],
    ['num_retries_per_request: no cap by default', {}, {}, (r) => r.numRetriesPerRequest, NOT_SET],
    [
      'of litellm_settings',
      { litellm: all.litellm },
      {},
      (r) => r.numRetriesPerRequest,
      { value: 1, source: 'litellm_settings.num_retries_per_request' },
    ],
    [
      'of the router',
      all,
      {},
      (r) => r.numRetriesPerRequest,
      { value: 2, source: 'router_settings.num_retries_per_request' },
    ],
    [
      'of the request',
      all,
      { numRetriesPerRequest: 3 },
      (r) => r.numRetriesPerRequest,
      { value: 3, source: 'request num_retries_per_request' },
    ],
    [
      'timeout: none by default, that of the router is another',
      { router: { timeoutMs: 5 } },
      {},
      (r) => r.timeoutMs,
      NOT_SET,
    ],
    ['of the request', {}, { timeoutMs: 5 }, (r) => r.timeoutMs, { value: 5, source: 'request timeout' }],
    ['fallback_reserve: a quarter by default', {}, {}, (r) => r.fallbackReserve, { value: 0.25, source: 'default' }],
    [
      'of the router, 0 included',
      all,
      {},
      (r) => r.fallbackReserve,
      { value: 0, source: 'router_settings.fallback_reserve' },
    ],
  ];
  test.each(cases)('%s', (_, set, request, get, value) => {
    expect(get(resolveCall(config(['a'], set), request))).toEqual(value);
  });
});

describe('the four lists', () => {
  const [own, special, other, theirs] = [
    rules({ a: ['b'] }),
    rules({ a: ['c'] }),
    rules({ a: ['d'] }),
    rules({ a: ['e'] }),
  ];
  const defaults = entries('f');
  const four = {
    fallbacks: own,
    contextWindowFallbacks: special,
    contentPolicyFallbacks: other,
    defaultFallbacks: defaults,
  };
  const resolved = { fallbacks: own, contextWindow: special, contentPolicy: other, defaults };
  const cases: [
    what: string,
    config: Partial<RoutingConfig>,
    request: RequestSettings,
    result: Partial<FallbackLists>,
  ][] = [
    ['none', {}, {}, {}],
    ['of the router', { router: four }, {}, resolved],
    ['of litellm_settings', { litellm: four }, {}, resolved],
    [
      'each of the router where it sets it',
      { router: { fallbacks: theirs, defaultFallbacks: [] }, litellm: four },
      {},
      { ...resolved, fallbacks: theirs, defaults: [] },
    ],
    [
      'special ones of the router before litellm_settings',
      { router: { contextWindowFallbacks: theirs, contentPolicyFallbacks: theirs }, litellm: four },
      {},
      { ...resolved, contextWindow: theirs, contentPolicy: theirs },
    ],
    [
      'fallbacks of the request replaces all four',
      { router: four },
      { fallbacks: theirs },
      { fallbacks: theirs, fromRequest: true },
    ],
    ['[] of the request: none', { router: four }, { fallbacks: [] }, { fromRequest: true }],
    [
      'context_window_fallbacks of the request replaces its namesake',
      { router: four },
      { contextWindowFallbacks: theirs },
      { ...resolved, contextWindow: theirs },
    ],
    [
      'content_policy_fallbacks of the request replaces its namesake',
      { router: four },
      { contentPolicyFallbacks: theirs },
      { ...resolved, contentPolicy: theirs },
    ],
    [
      'all three of the request',
      { router: four },
      { fallbacks: theirs, contextWindowFallbacks: own, contentPolicyFallbacks: own },
      { fallbacks: theirs, contextWindow: own, contentPolicy: own, fromRequest: true },
    ],
    ['disable_fallbacks: none', { router: four }, { disableFallbacks: true, fallbacks: theirs }, {}],
    ['disable_fallbacks: false says nothing', { router: four }, { disableFallbacks: false }, resolved],
  ];
  test.each(cases)('%s', (_, set, request, result) => {
    expect(resolveCall(config(['a'], set), request).lists).toEqual(lists(result));
  });
});
