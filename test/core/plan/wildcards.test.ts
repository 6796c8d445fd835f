import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolvePlan } from '../../../src/core/call/resolve-plan.js';
import type { RoutingConfig } from '../../../src/core/plan/settings.js';
import { configuredId, deploymentsOf, matchWildcard } from '../../../src/core/plan/wildcards.js';
import { config, rules } from '../build.js';

describe('what each * stands for', () => {
  const cases: [pattern: string, name: string, parts: string[] | null][] = [
    ['openai/*', 'openai/gpt-4o', ['gpt-4o']],
    ['openai/*', 'openai/', ['']],
    ['openai/*', 'azure/gpt-4o', null],
    ['*', 'anything/at all', ['anything/at all']],
    ['*-mini', 'gpt-4o-mini', ['gpt-4o']],
    ['*-mini', 'gpt-4o-mini-2', null],
    ['fo::*:static::*', 'fo::hi::static::hi', ['hi:', 'hi']],
    ['a*b*c', 'a1b2b3c', ['1', '2b3']],
    ['a*b*c', 'a1c', null],
    ['a*a', 'a', null],
    ['a.c*', 'abc', null],
    ['plain', 'plain', []],
    ['plain', 'other', null],
  ];
  test.each(cases)('%s in %s', (pattern, name, parts) => {
    expect(matchWildcard(pattern, name)).toEqual(parts);
  });

  test('put back, they make the name', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '/'), maxLength: 12 });
    const plain = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 12 });
    fc.assert(
      fc.property(text, plain, (pattern, name) => {
        const parts = matchWildcard(pattern, name);
        const regex = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
        expect(parts !== null).toBe(regex.test(name));
        if (parts !== null) expect(pattern.replaceAll('*', () => parts.shift() ?? '?')).toBe(name);
      }),
    );
  });
});

const withWildcards = (wildcards: NonNullable<RoutingConfig['wildcards']>, set: Partial<RoutingConfig> = {}) => ({
  ...config(['a'], set),
  wildcards,
});

describe('the deployments of a name', () => {
  const wildcards = {
    '*': [{ id: 'any', model: '*' }],
    'openai/*': [
      { id: 'first', model: '*', weight: 2 },
      { id: 'second', model: 'ft:*:mine' },
    ],
    'openai/*-mini': [{ id: 'mini', model: 'small' }],
    '*llama*': [{ id: 'llama', model: 'meta.llama*' }],
    '*/*': [{ id: 'two', model: '*/*' }],
    constructor: [{ id: 'none', model: 'm' }],
  };
  const cases: [name: string, ids: string[]][] = [
    ['a', ['a1']],
    ['openai/gpt-4o', ['first/gpt-4o', 'second/ft:gpt-4o:mine']],
    ['openai/gpt-4o-mini', ['mini/small']],
    ['hello-llama3-70b', ['llama/meta.llama3-70b']],
    ['x/y', ['two/x/y']],
    ['else', ['any/else']],
    ['toString', ['any/toString']],
  ];
  test.each(cases)('%s', (name, ids) => {
    expect(deploymentsOf(withWildcards(wildcards), name)?.map(({ id }) => id)).toEqual(ids);
  });

  test('a wildcard without * in its model: all names are one deployment', () => {
    const ids = ['openai/a-mini', 'openai/b-mini'].map(
      (name) => deploymentsOf(withWildcards(wildcards), name)?.[0]?.id,
    );
    expect(new Set(ids)).toEqual(new Set(['mini/small']));
  });

  test('a concrete one keeps the settings, and knows where it comes from', () => {
    const [deployment] = deploymentsOf(withWildcards(wildcards), 'openai/gpt-4o') ?? [];
    expect(deployment).toEqual({ id: 'first/gpt-4o', wildcardId: 'first', model: 'gpt-4o', weight: 2 });
    expect(configuredId({ id: 'first/gpt-4o', wildcardId: 'first' })).toBe('first');
    expect(configuredId({ id: 'plain' })).toBe('plain');
  });

  test('of two that are as specific, the one with fewer *, then the first', () => {
    const equal = {
      'a*b*': [{ id: 'two', model: 'm' }],
      'ab*': [{ id: 'one', model: 'm' }],
      '*ab': [{ id: 'x', model: 'm' }],
    };
    expect(deploymentsOf(withWildcards(equal), 'abab')?.[0]?.id).toBe('one/m');
  });

  test('a model with more * than its group keeps the rest', () => {
    expect(deploymentsOf(withWildcards({ 'p/*': [{ id: 'x', model: '*-*' }] }), 'p/q')?.[0]?.model).toBe('q-*');
  });

  test('no wildcard, no group', () => {
    expect(deploymentsOf(config(['a']), 'b')).toBeNull();
    expect(deploymentsOf(withWildcards({ 'openai/*': [] }), 'b')).toBeNull();
  });
});

test('a deployment may ask for models at several places, by their names', () => {
  const routes = [
    { names: 'groq/*', model: '*', id: 'all:groq' },
    { names: 'claude-*', model: 'claude-*', id: 'all:anthropic' },
  ];
  const built = withWildcards({ 'team/*': [{ id: 'all', model: '*', routes }] });
  const asked = (name: string) => deploymentsOf(built, name);
  expect(asked('team/groq/llama')).toEqual([{ id: 'all:groq/llama', wildcardId: 'all:groq', model: 'llama' }]);
  expect(asked('team/claude-1')).toEqual([
    { id: 'all:anthropic/claude-1', wildcardId: 'all:anthropic', model: 'claude-1' },
  ]);
  expect(asked('team/other')).toEqual([{ id: 'all/other', wildcardId: 'all', model: 'other' }]);
});

describe('a plan', () => {
  const wildcards = { 'openai/*': [{ id: 'oa', model: '*' }], 'groq/*': [{ id: 'gq', model: '*' }] };
  const built = withWildcards(wildcards, {
    aliases: { fast: 'openai/gpt-4o-mini' },
    router: { fallbacks: rules({ 'openai/gpt-4o': ['groq/llama', 'nobody/x'], 'groq/llama': ['fast'] }) },
  });

  test('of a name that a wildcard serves holds its groups under their concrete names', () => {
    const result = resolvePlan(built, {}, 'openai/gpt-4o');
    if (!('plan' in result)) throw new Error('no plan');
    expect(result.plan.first).toEqual({ group: 'openai/gpt-4o' });
    expect(result.plan.aliases).toEqual({ fast: 'openai/gpt-4o-mini' });
    expect(
      Object.fromEntries(Object.entries(result.plan.groups).map(([name, { deployments }]) => [name, deployments])),
    ).toEqual({
      'openai/gpt-4o': [{ id: 'oa/gpt-4o', wildcardId: 'oa', model: 'gpt-4o' }],
      'groq/llama': [{ id: 'gq/llama', wildcardId: 'gq', model: 'llama' }],
      'openai/gpt-4o-mini': [{ id: 'oa/gpt-4o-mini', wildcardId: 'oa', model: 'gpt-4o-mini' }],
    });
  });

  test('of a name that nothing serves tells the wildcards, too', () => {
    expect(resolvePlan(built, {}, 'x')).toEqual({ unknownModel: 'x' });
  });
});
