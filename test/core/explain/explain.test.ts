import { describe, expect, test } from 'vitest';
import { ERROR_KIND_NAMES } from '../../../src/core/errors/error-kinds.js';
import { explain, type Explanation } from '../../../src/core/explain/explain.js';
import type { RequestSettings, RoutingConfig } from '../../../src/core/plan/settings.js';
import { config, deployment, entries, explainable, rules } from '../build.js';

function explained(built: RoutingConfig, model: string, request: RequestSettings = {}): Explanation {
  const explanation = explain(explainable(built), request, model);
  if (explanation === null) throw new Error(`${model} is unknown`);
  return explanation;
}

/** The groups of an explanation as `group: how the call gets there`. */
function reached(built: RoutingConfig, model: string): string[] {
  return explained(built, model).groups.map(({ group, reachedBy }) => `${group}: ${reachedBy.join('; ')}`);
}

/** The groups of each walk, in the order in which walks are explained. */
function ways(built: RoutingConfig, model: string, request: RequestSettings = {}): string[] {
  return explained(built, model, request).walks.map(({ steps }) => steps.map(({ group }) => group).join(' '));
}

test('an unknown model is not explained', () => {
  expect(explain(explainable(config(['a'])), {}, 'x')).toBeNull();
});

describe('the values of the call, each with its source', () => {
  test('by default', () => {
    expect(explained(config(['a']), 'a')).toMatchObject({
      requested: 'a',
      configHash: 'hash',
      call: {
        timeoutMs: { value: null, source: 'default' },
        maxFallbacks: { value: 5, source: 'default' },
        numRetriesPerRequest: { value: null, source: 'default' },
        fallbackReserve: { value: 0.25, source: 'default' },
        validateSchema: { value: false, source: 'default' },
      },
      wildcards: { fallbacks: null, contextWindow: null, contentPolicy: null },
      defaults: [],
      fallbacksOfRequest: false,
    });
  });

  test('where they are set', () => {
    const built = config(['a'], {
      router: { fallbackReserve: 0.5, numRetriesPerRequest: 7 },
      litellm: { maxFallbacks: 1, validateSchema: true },
    });
    expect(explained(built, 'a', { timeoutMs: 1500 }).call).toEqual({
      timeoutMs: { value: 1500, source: 'request timeout' },
      maxFallbacks: { value: 1, source: 'litellm_settings.max_fallbacks' },
      numRetriesPerRequest: { value: 7, source: 'router_settings.num_retries_per_request' },
      fallbackReserve: { value: 0.5, source: 'router_settings.fallback_reserve' },
      validateSchema: { value: true, source: 'litellm_settings.enable_json_schema_validation' },
    });
  });
});

const NAMES = ['a', 'b', 'c', 'd'];

describe('the groups that a call can reach', () => {
  test('by the walk of each list, and one that several lists reach once', () => {
    const built = config(NAMES, {
      router: {
        fallbacks: rules({ a: ['b'] }),
        contextWindowFallbacks: rules({ a: ['c', 'b'] }),
        contentPolicyFallbacks: rules({ a: ['d'] }),
      },
    });
    expect(reached(built, 'a')).toEqual([
      'a: requested',
      'b: fallbacks, fallback 1; context window, fallback 2',
      'c: context window, fallback 1',
      'd: content policy, fallback 1',
    ]);
  });

  test('with other settings or another body it stands there again', () => {
    const entry = { group: 'b', settings: { numRetries: 0 }, body: { temperature: 0 } };
    const router = { fallbacks: rules({ a: ['b'] }), contextWindowFallbacks: rules({ a: [entry] }) };
    const { groups, walks } = explained(config(NAMES, { router }), 'a');
    expect(groups.map(({ group, body }) => [group, body])).toEqual([
      ['a', {}],
      ['b', {}],
      ['b', { temperature: 0 }],
    ]);
    expect(walks.map(({ steps }) => steps.map(({ groupIndex }) => groupIndex))).toEqual([[0, 1], [0, 2], [0, 1], [0]]);
  });

  test('of an alias', () => {
    const built = config(NAMES, { aliases: { fast: 'a' }, router: { fallbacks: rules({ fast: ['b'] }) } });
    expect(reached(built, 'fast')).toEqual([
      'a: requested as fast',
      'b: fallbacks, fallback 1; context window, fallback 1; content policy, fallback 1',
    ]);
  });

  test('of an unknown model', () => {
    const built = config(NAMES, { router: { defaultFallbacks: entries('nobody', 'b') } });
    expect(reached(built, 'x')).toEqual(['b: default_fallbacks: x is unknown']);
    expect(explained(built, 'x').walks.map(({ passedOver }) => passedOver)).toEqual(NAMES.map(() => ['nobody']));
  });
});

describe('what the lists name, for calls whose groups end with different errors', () => {
  const router = {
    fallbacks: rules({ a: ['b', 'a'] }),
    contextWindowFallbacks: rules({ a: ['c'], '*': ['nobody'] }),
    contentPolicyFallbacks: rules({ c: ['d'], d: [{ group: 'b', settings: { numRetries: 0 } }] }),
    defaultFallbacks: entries('gone', 'b'),
  };
  const built = config(NAMES, { router });

  test('for each group, with groups that no single sort of error leads to', () => {
    const { groups, wildcards, defaults } = explained(built, 'a');
    expect(groups.map(({ group, reachedBy }) => [group, reachedBy.at(-1)])).toEqual([
      ['a', 'requested'],
      ['b', 'content policy, fallback 1'],
      ['c', 'context window, fallback 1'],
      ['d', 'after errors of different sorts'],
      ['b', 'after errors of different sorts'],
    ]);
    const [b, c, d] = ['b', 'c', 'd'].map((name, index) => ({ name, groupIndex: index + 1 }));
    expect(groups.map(({ next }) => next)).toEqual([
      { fallbacks: [b], contextWindow: [c], contentPolicy: null },
      { fallbacks: null, contextWindow: null, contentPolicy: null },
      { fallbacks: null, contextWindow: null, contentPolicy: [d] },
      { fallbacks: null, contextWindow: null, contentPolicy: [{ name: 'b', groupIndex: 4 }] },
      { fallbacks: null, contextWindow: null, contentPolicy: null },
    ]);
    expect(wildcards).toEqual({
      fallbacks: null,
      contextWindow: [{ name: 'nobody', groupIndex: null }],
      contentPolicy: null,
    });
    expect(defaults).toEqual([{ name: 'gone', groupIndex: null }, b]);
  });

  test('as far as max_fallbacks lets a call come', () => {
    const groupsWith = (maxFallbacks: number) =>
      explained(built, 'a', { maxFallbacks }).groups.map(({ group }) => group);
    expect([0, 1, 2].map(groupsWith)).toEqual([['a'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']]);
  });

  test('an alias has rules of its own', () => {
    const aliases = { fast: 'b' };
    const lists = {
      fallbacks: rules({ a: ['fast'], c: ['b'], fast: ['c'] }),
      contextWindowFallbacks: rules({ a: ['c'] }),
    };
    const { groups } = explained(config(NAMES, { aliases, router: lists }), 'a');
    expect(groups.map(({ group, next }) => [group, next.fallbacks])).toEqual([
      ['a', [{ name: 'fast', groupIndex: 1 }]],
      ['b', [{ name: 'c', groupIndex: 2 }]],
      ['c', [{ name: 'b', groupIndex: 3 }]],
      ['b', null],
    ]);
  });
});

describe('the walks', () => {
  const router = {
    fallbacks: rules({ a: ['nobody', 'b'], b: ['c', 'gone'] }),
    contextWindowFallbacks: rules({ a: ['d'] }),
    contentPolicyFallbacks: rules({ b: ['d'] }),
  };
  const built = config(NAMES, { router });

  test('each with its groups, what it passes over, and why it ends', () => {
    expect(
      explained(built, 'a', { maxFallbacks: 2 }).walks.map(({ list, passedOver, end }) => [list, passedOver, end]),
    ).toEqual([
      ['fallbacks', ['nobody'], 'max_fallbacks: 2'],
      ['contextWindow', [], 'no fallback group is left'],
      ['contentPolicy', ['nobody'], 'max_fallbacks: 2'],
      [null, [], 'another group would not help'],
    ]);
    expect(explained(built, 'a').walks[0]?.passedOver).toEqual(['nobody', 'gone']);
    expect(ways(built, 'a')).toEqual(['a b c', 'a d', 'a b d', 'a']);
  });

  test('every error kind takes one of them', () => {
    const kinds = explained(built, 'a').walks.map((walk) => walk.kinds);
    expect(kinds.flat().toSorted()).toEqual(ERROR_KIND_NAMES.toSorted());
    expect(kinds[0]).toContain('AttemptsLostError');
    expect(kinds.slice(1)).toEqual([
      ['ContextWindowExceededError'],
      ['ContentPolicyViolationError'],
      ['ConfigError', 'RequestTooLargeError', 'ResponseTooLargeError', 'CancelledError'],
    ]);
  });

  test('what a group may use of the time that is left', () => {
    const shares = explained(built, 'a').walks.map(({ steps }) => steps.map(({ timeShare }) => timeShare));
    expect(shares).toEqual([[0.75, 0.75, 1], [0.75, 1], [0.75, 0.75, 1], [0.75]]);
  });

  test('where an answer that a content filter blocked is a failure', () => {
    const steps = explained(built, 'a').walks[0]?.steps.map(({ blockedAnswer }) => blockedAnswer);
    expect(steps).toEqual(['is delivered', 'fails', 'is delivered']);
  });

  test('fallbacks of the request', () => {
    const request = { fallbacks: rules({ '*': ['c'] }) };
    expect(ways(built, 'a', request)).toEqual(['a c', 'a c', 'a c', 'a']);
    expect(explained(built, 'a', request)).toMatchObject({
      fallbacksOfRequest: true,
      wildcards: { fallbacks: [{ name: 'c', groupIndex: 1 }], contextWindow: null },
    });
  });
});

test('an explanation is JSON', () => {
  const built = config([], { groups: { a: [deployment('a1', { order: 2 }), deployment('a2')] } });
  const explanation = explained(built, 'a');
  expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
});
