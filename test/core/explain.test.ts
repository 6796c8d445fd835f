import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { budgetFor } from '../../src/core/budget.js';
import { ERROR_KIND_NAMES, ERROR_KINDS, type ErrorKind } from '../../src/core/error-kinds.js';
import { explain, type ExplainedBudget, type ExplainedGroup, type Explanation } from '../../src/core/explain.js';
import { planForEntry, planGroup, resolveGroup } from '../../src/core/resolve-plan.js';
import type { FallbackEntry, RequestSettings, RoutingConfig } from '../../src/core/settings.js';
import { config, deployment, entries, rules } from './build.js';

function explained(built: RoutingConfig, model: string, request: RequestSettings = {}): Explanation {
  const explanation = explain(built, request, model);
  if (explanation === null) throw new Error(`${model} is unknown`);
  return explanation;
}

/** The groups of a chain as `group: how the call gets there`. */
function chain(built: RoutingConfig, model: string, request: RequestSettings = {}): string[] {
  return explained(built, model, request).groups.map(({ group, reachedBy }) => `${group}: ${reachedBy}`);
}

function rowsOf(group: ExplainedGroup | undefined, kind: ErrorKind): ExplainedBudget[] {
  return group?.budgets.filter((row) => row.kind === kind) ?? [];
}

function valueOf(group: ExplainedGroup | undefined, name: string): [unknown, unknown] {
  const found = group?.values.find((value) => value.name === name);
  return [found?.value, found?.source];
}

test('an unknown model is not explained', () => {
  expect(explain(config(['a']), {}, 'x')).toBeNull();
});

describe('the values of the call, each with its source', () => {
  test('by default', () => {
    expect(explained(config(['a']), 'a')).toMatchObject({
      requested: 'a',
      configHash: 'hash',
      call: [
        { name: 'timeout, s', value: null, source: 'default' },
        { name: 'max_fallbacks', value: 5, source: 'default' },
        { name: 'num_retries_per_request', value: null, source: 'default' },
        { name: 'fallback_reserve', value: 0.25, source: 'default' },
      ],
    });
  });

  test('where they are set', () => {
    const built = config(['a'], {
      router: { fallbackReserve: 0.5, numRetriesPerRequest: 7 },
      litellm: { maxFallbacks: 1 },
    });
    expect(explained(built, 'a', { timeoutMs: 1500 }).call).toEqual([
      { name: 'timeout, s', value: 1.5, source: 'request timeout' },
      { name: 'max_fallbacks', value: 1, source: 'litellm_settings.max_fallbacks' },
      { name: 'num_retries_per_request', value: 7, source: 'router_settings.num_retries_per_request' },
      { name: 'fallback_reserve', value: 0.5, source: 'router_settings.fallback_reserve' },
    ]);
  });
});

describe('the chain of groups', () => {
  const names = ['a', 'b', 'c', 'd'];

  test('the walk of each list, and a group that several lists reach once', () => {
    const built = config(names, {
      router: {
        fallbacks: rules({ a: ['b'] }),
        contextWindowFallbacks: rules({ a: ['c', 'b'] }),
        contentPolicyFallbacks: rules({ a: ['d'] }),
      },
    });
    expect(chain(built, 'a')).toEqual([
      'a: requested',
      'b: fallbacks, fallback 1; context window, fallback 2',
      'c: context window, fallback 1',
      'd: content policy, fallback 1',
    ]);
  });

  test('of an alias', () => {
    const built = config(names, { aliases: { fast: 'a' }, router: { fallbacks: rules({ fast: ['b'] }) } });
    expect(chain(built, 'fast')).toEqual([
      'a: requested as fast',
      'b: fallbacks, fallback 1; context window, fallback 1; content policy, fallback 1',
    ]);
  });

  test('of an unknown model', () => {
    const built = config(names, { router: { defaultFallbacks: entries('b') } });
    expect(chain(built, 'x')).toEqual(['b: default_fallbacks: x is unknown']);
  });
});

describe('the values of a group', () => {
  test('in seconds, each with its source', () => {
    const built = config(['a'], { router: { timeoutMs: 30_000, retryAfterMs: 500 } });
    expect(explained(built, 'a').groups[0]?.values).toEqual([
      { name: 'attempt timeout, s', value: 30, source: 'router_settings.timeout' },
      { name: 'stream_timeout, s', value: null, source: 'default' },
      { name: 'stream_idle_timeout, s', value: 60, source: 'default' },
      { name: 'retry_after, s', value: 0.5, source: 'router_settings.retry_after' },
      { name: 'max_retry_delay, s', value: 60, source: 'default' },
      { name: 'max_lost_attempts', value: 5, source: 'default' },
    ]);
  });

  test('a deployment with an attempt timeout of its own', () => {
    const built = config(['a']);
    const own = { ...built, groups: { a: [deployment('a1', { timeoutMs: 4000 }), deployment('a2')] } };
    const names = explained(own, 'a').groups[0]?.values.filter(({ name }) => name.startsWith('attempt timeout'));
    expect(names).toEqual([
      { name: 'attempt timeout, s', value: 600, source: 'default' },
      { name: 'attempt timeout of a1, s', value: 4, source: 'timeout of deployment a1' },
    ]);
  });

  test('stream_timeout of the router, of the request, of a fallback entry', () => {
    const entry = { group: 'b', settings: { streamTimeoutMs: 2000 } };
    const built = config(['a', 'b'], { router: { streamTimeoutMs: 9000, fallbacks: rules({ a: [entry] }) } });
    const values = (request: RequestSettings) =>
      explained(built, 'a', request).groups.map((group) => valueOf(group, 'stream_timeout, s'));
    const ofEntry = [2, 'fallback entry stream_timeout'];
    expect(values({})).toEqual([[9, 'router_settings.stream_timeout'], ofEntry]);
    expect(values({ streamTimeoutMs: 1000 })).toEqual([[1, 'request stream_timeout'], ofEntry]);
  });

  test('the total of a fallback entry', () => {
    const entry = { group: 'b', settings: { timeoutMs: 2000 } };
    const groups = explained(config(['a', 'b'], { router: { fallbacks: rules({ a: [entry] }) } }), 'a').groups;
    expect(groups.map((group) => valueOf(group, 'total, s'))).toEqual([
      [undefined, undefined],
      [2, 'fallback entry'],
    ]);
  });
});

describe('the budgets of a group', () => {
  test('one row for each kind that another group may help, but for lost attempts', () => {
    const kinds = explained(config(['a']), 'a').groups[0]?.budgets.map(({ kind }) => kind);
    expect(kinds).toEqual(ERROR_KIND_NAMES.slice(0, ERROR_KIND_NAMES.indexOf('ConfigError')));
  });

  const policy = { RateLimitErrorRetries: 5 };
  const cases: Array<
    [
      what: string,
      config: Partial<RoutingConfig>,
      request: RequestSettings,
      kind: ErrorKind,
      row: Omit<ExplainedBudget, 'kind'>,
    ]
  > = [
    [
      'the default',
      {},
      {},
      'RateLimitError',
      { budget: 'num_retries', retries: 2, moveOnly: false, source: 'default' },
    ],
    [
      'a policy field',
      { router: { retryPolicy: policy } },
      {},
      'RateLimitError',
      {
        budget: 'RateLimitErrorRetries',
        retries: 5,
        moveOnly: false,
        source: 'router_settings.retry_policy.RateLimitErrorRetries',
      },
    ],
    [
      'num_retries of the request',
      {},
      { numRetries: 3 },
      'Timeout',
      { budget: 'num_retries', retries: 3, moveOnly: false, source: 'request num_retries' },
    ],
    [
      'num_retries: 0 of the request',
      {},
      { numRetries: 0 },
      'Timeout',
      { budget: null, retries: 0, moveOnly: false, source: 'num_retries: 0 switches retries off' },
    ],
    [
      'an error that only moves',
      {},
      {},
      'AuthenticationError',
      { budget: 'num_retries', retries: 2, moveOnly: true, source: 'default' },
    ],
    [
      'an error that is not retried',
      {},
      {},
      'BadRequestError',
      {
        budget: null,
        retries: 0,
        moveOnly: false,
        source: 'BadRequestError is not retried unless a policy field asks for it',
      },
    ],
    [
      'num_retries of the deployment',
      { groups: { a: [deployment('a1', { numRetries: 4 })] } },
      {},
      'Timeout',
      { budget: 'num_retries', retries: 4, moveOnly: false, source: 'num_retries of deployment a1' },
    ],
  ];
  test.each(cases)('%s', (_, set, request, kind, row) => {
    expect(rowsOf(explained(config(['a'], set), 'a', request).groups[0], kind)).toEqual([{ kind, ...row }]);
  });

  test('a row for each size that the deployments of the group give it, with each source once', () => {
    const deployments = [
      deployment('a1', { numRetries: 4 }),
      deployment('a2'),
      deployment('a3', { numRetries: 4 }),
      deployment('a4'),
    ];
    const rows = rowsOf(explained(config([], { groups: { a: deployments } }), 'a').groups[0], 'Timeout');
    expect(rows.map(({ retries, source }) => [retries, source])).toEqual([
      [4, 'num_retries of deployment a1, num_retries of deployment a3'],
      [2, 'default'],
    ]);
  });

  test('a source that comes up again is not said again', () => {
    const deployments = [deployment('a1'), deployment('a2', { numRetries: 2 }), deployment('a3')];
    const rows = rowsOf(explained(config([], { groups: { a: deployments } }), 'a').groups[0], 'Timeout');
    expect(rows.map(({ source }) => source)).toEqual(['default, num_retries of deployment a2']);
  });

  test('of a group that a fallback entry leads to', () => {
    const settings = { numRetries: 1, retryPolicy: { RateLimitErrorRetries: 7 } };
    const built = config(['a', 'b'], {
      router: {
        fallbacks: rules({ a: [{ group: 'b', settings }] }),
        retryPolicy: { RateLimitErrorRetries: 5, TimeoutErrorRetries: 6 },
      },
    });
    const [, second] = explained(built, 'a', { numRetries: 3 }).groups;
    const rows = (['RateLimitError', 'Timeout', 'ConflictError'] as const).map((kind) => rowsOf(second, kind)[0]);
    expect(rows.map((row) => [row?.budget, row?.retries, row?.source])).toEqual([
      ['RateLimitErrorRetries', 7, 'fallback entry retry_policy.RateLimitErrorRetries'],
      ['TimeoutErrorRetries', 6, 'router_settings.retry_policy.TimeoutErrorRetries'],
      ['num_retries', 1, 'fallback entry num_retries'],
    ]);
  });
});

const count = fc.integer({ min: 0, max: 3 });
const anyPolicy = fc.record(
  {
    RateLimitErrorRetries: count,
    AuthenticationErrorRetries: count,
    InternalServerErrorRetries: count,
    BadRequestErrorRetries: count,
    DefaultRetries: count,
  },
  { requiredKeys: [] },
);
const optional = { requiredKeys: [] };
const anySettings = fc.record({ numRetries: count, retryPolicy: anyPolicy }, optional);
const anyConfig = fc
  .record({
    deployments: fc.array(fc.record({ numRetries: count }, optional), { minLength: 1, maxLength: 3 }),
    router: fc.record(
      {
        numRetries: count,
        retryPolicy: anyPolicy,
        modelGroupRetryPolicy: fc.record({ a: anyPolicy, b: anyPolicy }, optional),
      },
      optional,
    ),
    settings: fc.option(anySettings, { nil: undefined }),
  })
  .map(({ deployments, router, settings }) => {
    const entry: FallbackEntry = { group: 'b', settings };
    const ofGroup = (group: string) => deployments.map((set, index) => deployment(`${group}${index}`, set));
    const built = config([], {
      groups: { a: ofGroup('a'), b: ofGroup('b') },
      router: { ...router, fallbacks: rules({ a: [entry] }) },
    });
    return { built, entry };
  });

test('what is explained is what the plan of the group does, for every kind and deployment', () => {
  fc.assert(
    fc.property(anyConfig, anySettings, ({ built, entry }, request) => {
      const [first, second] = explained(built, 'a', request).groups;
      const plans = [
        [first, planGroup(built, resolveGroup(built, request, 'a'))],
        [second, planForEntry(planGroup(built, resolveGroup(built, request, 'b')), entry)],
      ] as const;
      for (const [group, plan] of plans) {
        expect(valueOf(group, 'attempt timeout, s')[0]).toBe(plan.timeoutMs / 1000);
        for (const kind of ERROR_KIND_NAMES.filter((name) => ERROR_KINDS[name].retried !== 'never')) {
          const budgets = plan.deployments.map((one) => budgetFor({ kind, notRetriedByDefault: null }, plan, one));
          const rows = rowsOf(group, kind);
          const sizes = new Set(budgets.map((budget) => (budget.name === null ? 0 : budget.size)));
          expect(new Set(rows.map(({ retries }) => retries))).toEqual(sizes);
          expect(new Set(rows.map(({ budget }) => budget))).toEqual(new Set(budgets.map(({ name }) => name)));
          expect(rows.every(({ source }) => source.length > 0)).toBe(true);
        }
      }
    }),
  );
});
