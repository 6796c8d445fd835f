import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { budgetFor } from '../../../src/core/retries/budget.js';
import { ERROR_KIND_NAMES, ERROR_KINDS, type ErrorKind } from '../../../src/core/errors/error-kinds.js';
import { streamLimits } from '../../../src/core/retries/deadline.js';
import { explain } from '../../../src/core/explain/explain.js';
import type { ExplainedBudget, ExplainedGroup } from '../../../src/core/explain/explain-group.js';
import { planOfGroup } from '../../../src/core/call/group-start.js';
import { resolvePlan } from '../../../src/core/call/resolve-plan.js';
import type { FallbackEntry, GroupSettings, RequestSettings, RoutingConfig } from '../../../src/core/plan/settings.js';
import { config, deployment, explainable, rules } from '../build.js';

/** The groups of a call that asks for the group `a`. */
function groupsOf(built: RoutingConfig, request: RequestSettings = {}): readonly ExplainedGroup[] {
  return explain(explainable(built), request, 'a')?.groups ?? [];
}

/** What is told of an error by itself, or of one that the provider wants no retry for. */
function rowsOf(group: ExplainedGroup | undefined, kind: ErrorKind, told = false): ExplainedBudget[] {
  return group?.budgets.filter((row) => row.kind === kind && row.providerRefusesRetry === told) ?? [];
}

describe('the settings of a group, each with its source', () => {
  test('of the group itself', () => {
    const [group] = groupsOf(config(['a'], { router: { retryAfterMs: 500, maxRetryDelayMs: 9000 } }));
    expect(group).toMatchObject({
      settings: {
        streamIdleTimeoutMs: { value: 60_000, source: 'default' },
        retryAfterMs: { value: 500, source: 'router_settings.retry_after' },
        maxRetryDelayMs: { value: 9000, source: 'router_settings.max_retry_delay' },
        maxLostAttempts: { value: 5, source: 'default' },
        totalMs: { value: null, source: 'default' },
      },
      mostBackoffMs: [2000, 4000, 8000, 9000],
    });
  });

  test('no back-off at all', () => {
    expect(groupsOf(config(['a'], { router: { maxRetryDelayMs: 0 } }))[0]?.mostBackoffMs).toEqual([0]);
  });

  test('of its deployments, and which of them are standbys', () => {
    const a1 = deployment('a1', { timeoutMs: 4000, streamTimeoutMs: 300, order: 3 });
    const built = config([], {
      groups: { a: [a1, deployment('a2', { weight: 7 }), deployment('a3', { order: 2 })] },
      router: { timeoutMs: 5000, streamTimeoutMs: 400 },
    });
    const ofRouter = {
      timeoutMs: { value: 5000, source: 'router_settings.timeout' },
      streamTimeoutMs: { value: 400, source: 'router_settings.stream_timeout' },
    };
    const [group] = groupsOf(built);
    expect([group?.deployments, group?.standbys]).toMatchObject([
      [
        {
          id: 'a1',
          model: 'a1-model',
          order: 3,
          weight: 1,
          timeoutMs: { value: 4000, source: 'timeout of deployment a1' },
          streamTimeoutMs: { value: 300, source: 'stream_timeout of deployment a1' },
        },
        { id: 'a2', model: 'a2-model', order: 1, weight: 7, ...ofRouter },
        { id: 'a3', model: 'a3-model', order: 2, weight: 1, ...ofRouter },
      ],
      ['a3', 'a1'],
    ]);
  });

  test('of the request, and of the fallback entry that leads to it', () => {
    const settings = { streamTimeoutMs: 2000, timeoutMs: 8000 };
    const router = { streamTimeoutMs: 9000, fallbacks: rules({ a: [{ group: 'b', settings }] }) };
    const groups = groupsOf(config(['a', 'b'], { router }), { streamTimeoutMs: 1000 });
    expect(groups.map((group) => [group.deployments[0]?.streamTimeoutMs, group.settings.totalMs.value])).toEqual([
      [{ value: 1000, source: 'request stream_timeout' }, null],
      [{ value: 2000, source: 'fallback entry stream_timeout' }, 8000],
    ]);
  });
});

describe('the budgets of a group', () => {
  test('one row for each kind that another group may help, but for lost attempts', () => {
    const budgets = groupsOf(config(['a']))[0]?.budgets.filter(({ providerRefusesRetry }) => !providerRefusesRetry);
    expect(budgets?.map(({ kind }) => kind)).toEqual(
      ERROR_KIND_NAMES.slice(0, ERROR_KIND_NAMES.indexOf('ConfigError')),
    );
  });

  type Row = Omit<ExplainedBudget, 'kind' | 'providerRefusesRetry' | 'deployments' | 'meetsStandbys'>;
  const ofField = 'router_settings.retry_policy.RateLimitErrorRetries';
  const never = 'BadRequestError is not retried unless a policy field asks for it';
  const off = 'num_retries: 0 switches retries off';
  const cases: [what: string, config: Partial<RoutingConfig>, request: RequestSettings, kind: ErrorKind, row: Row][] = [
    [
      'the default',
      {},
      {},
      'RateLimitError',
      { budget: 'num_retries', retries: 2, moveOnly: false, source: 'default' },
    ],
    [
      'a policy field',
      { router: { retryPolicy: { RateLimitErrorRetries: 5 } } },
      {},
      'RateLimitError',
      { budget: 'RateLimitErrorRetries', retries: 5, moveOnly: false, source: ofField },
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
      { budget: null, retries: 0, moveOnly: false, source: off },
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
      { budget: null, retries: 0, moveOnly: false, source: never },
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
    const { mayMove } = ERROR_KINDS[kind];
    expect(rowsOf(groupsOf(config(['a'], set), request)[0], kind)).toEqual([
      { kind, providerRefusesRetry: false, deployments: ['a1'], meetsStandbys: mayMove, ...row },
    ]);
  });

  test('a row for each size that the deployments of the group give it, with each source once', () => {
    const sizes = [{ numRetries: 4 }, {}, { numRetries: 4 }, {}];
    const deployments = sizes.map((set, index) => deployment(`a${index}`, set));
    const rows = rowsOf(groupsOf(config([], { groups: { a: deployments } }))[0], 'Timeout');
    expect(rows.map((row) => [row.retries, row.deployments, row.source])).toEqual([
      [4, ['a0', 'a2'], 'num_retries of deployment a0, num_retries of deployment a2'],
      [2, ['a1', 'a3'], 'default'],
    ]);
  });

  test('a source that comes up again is not said again', () => {
    const deployments = [deployment('a1'), deployment('a2', { numRetries: 2 }), deployment('a3')];
    const rows = rowsOf(groupsOf(config([], { groups: { a: deployments } }))[0], 'Timeout');
    expect(rows.map(({ source }) => source)).toEqual(['default, num_retries of deployment a2']);
  });

  test('of an error that the provider wants no retry for, where that makes a difference', () => {
    const retryPolicy = { RateLimitErrorRetries: 5, DefaultRetries: 4 };
    const [group] = groupsOf(config(['a'], { router: { retryPolicy } }));
    const told = (kind: ErrorKind) => rowsOf(group, kind, true).map((row) => [row.budget, row.retries, row.moveOnly]);
    expect([told('Timeout'), told('RateLimitError'), told('AuthenticationError'), told('BadRequestError')]).toEqual([
      [['num_retries', 2, true]],
      [],
      [],
      [],
    ]);
    expect(groupsOf(config(['a']), { numRetries: 0 })[0]?.budgets.some((row) => row.providerRefusesRetry)).toBe(false);
  });
});

const count = fc.integer({ min: 0, max: 3 });
const optional = { requiredKeys: [] };
const anyPolicy = fc.record(
  {
    RateLimitErrorRetries: count,
    AuthenticationErrorRetries: count,
    InternalServerErrorRetries: count,
    BadRequestErrorRetries: count,
    DefaultRetries: count,
  },
  optional,
);
const ms = fc.integer({ min: 1, max: 9 });
const anySettings: fc.Arbitrary<GroupSettings> = fc.record(
  { numRetries: count, retryPolicy: anyPolicy, streamTimeoutMs: ms, timeoutMs: ms },
  optional,
);
const anyDeployment = fc.record({ numRetries: count, timeoutMs: ms, streamTimeoutMs: ms }, optional);
const anyConfig = fc
  .record({
    deployments: fc.array(anyDeployment, { minLength: 1, maxLength: 3 }),
    router: fc.record(
      {
        numRetries: count,
        streamTimeoutMs: ms,
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
    const groups = { a: ofGroup('a'), b: ofGroup('b') };
    return { built: config([], { groups, router: { ...router, fallbacks: rules({ a: [entry] }) } }), entry };
  });

test('what is explained is what the plan of the group does, for every kind and deployment', () => {
  fc.assert(
    fc.property(anyConfig, anySettings, ({ built, entry }, request) => {
      const result = resolvePlan(built, { ...request, stream: true }, 'a');
      if (!('plan' in result)) throw new Error('no plan');
      const groups = groupsOf(built, request);
      for (const [position, way] of [result.plan.first, entry].entries()) {
        const [group, plan] = [groups[position], planOfGroup(result.plan, way)];
        expect(group?.settings.totalMs.value ?? undefined).toBe(plan.totalMs);
        for (const [index, each] of plan.deployments.entries()) {
          const explained = group?.deployments[index];
          expect(explained?.timeoutMs.value).toBe(each.timeoutMs ?? plan.timeoutMs);
          expect(explained?.streamTimeoutMs.value).toBe(streamLimits(plan, each).firstContentMs);
          for (const kind of ERROR_KIND_NAMES.filter((name) => ERROR_KINDS[name].retried !== 'never')) {
            for (const told of [false, true]) {
              const { name, ...budget } = budgetFor({ kind, notRetriedByDefault: told ? 'told' : null }, plan, each);
              const rows = [...rowsOf(group, kind, told), ...rowsOf(group, kind)];
              const row = rows.find(({ deployments }) => deployments.includes(each.id));
              expect(row?.budget).toBe(name);
              if ('size' in budget) expect([row?.retries, row?.moveOnly]).toEqual([budget.size, budget.moveOnly]);
              expect(row?.source).not.toBe('');
            }
          }
        }
      }
    }),
  );
});
