import { describe, expect, test } from 'vitest';
import { configuredId } from '../../src/core/plan/wildcards.js';
import { resolvePlan } from '../../src/core/call/resolve-plan.js';
import { KEY, model, notesOf, parse, problemsOf } from './helpers.js';

const wildcard = (group: string, name: string, params = {}, info?: Record<string, unknown>) =>
  model(group, { model: name, ...params }, info);

function deploymentsOf(modelList: readonly unknown[], requested: string) {
  const { routing, connections } = parse({ model_list: modelList });
  const result = resolvePlan(routing, {}, requested);
  if (!('plan' in result)) return null;
  const deployments = Object.values(result.plan.groups)[0]?.deployments ?? [];
  for (const deployment of deployments) expect(connections[configuredId(deployment)]?.apiKey).toBe(KEY);
  return deployments.map(({ id, model: asked }) => [id, asked]);
}

describe('a requested name is served by', () => {
  const list = [
    wildcard('openai/*', 'openai/*'),
    wildcard('openai/*', 'groq/openai/*', {}, { id: 'other' }),
    wildcard('openai/gpt-4o*', 'openai/gpt-4o'),
    wildcard('team::*:prod::*', 'openai/ft:*:x:*'),
    model('openai/exact'),
  ];
  test.each([
    [
      'openai/o3',
      [
        ['openai/*#*/o3', 'o3'],
        ['other/openai/o3', 'openai/o3'],
      ],
    ],
    ['openai/gpt-4o-mini', [['openai/gpt-4o*#gpt-4o/gpt-4o', 'gpt-4o']]],
    ['team::a:prod::b', [['team::*:prod::*#ft:*:x:*/ft:a:x:b', 'ft:a:x:b']]],
    ['openai/exact', [['openai/exact#openai/exact-up', 'openai/exact-up']]],
    ['anthropic/claude', null],
  ])('%s', (requested, deployments) => {
    expect(deploymentsOf(list, requested)).toEqual(deployments);
  });
});

test('fallbacks and aliases may name what a wildcard serves', () => {
  const value = {
    model_list: [wildcard('groq/*', 'groq/*')],
    router_settings: { fallbacks: [{ 'groq/a': ['groq/b'] }], model_group_alias: { fast: 'groq/c' } },
  };
  expect(notesOf(value)).toEqual([]);
  expect(deploymentsOf(value.model_list, 'groq/a')).toEqual([['groq/*#*/a', 'a']]);
  const gone = { ...value, router_settings: { model_group_alias: { fast: 'xai/c' } } };
  expect(problemsOf(gone)).toEqual([
    'router_settings.model_group_alias.fast: unknown model group xai/c: name a model group.',
  ]);
});

test('shares of a wildcard’s deployments follow rpm, too', () => {
  const { routing } = parse({ model_list: [wildcard('*', 'x/*', { rpm: 3 }), wildcard('*', 'y/*', { rpm: 1 })] });
  expect(routing.wildcards?.['*']?.map(({ weight }) => weight)).toEqual([3, 1]);
});
