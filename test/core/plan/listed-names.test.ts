import { expect, test } from 'vitest';
import { listersOf } from '../../../src/core/plan/listed-names.js';

const namesOf = (group: string, model: string, listed: readonly string[]) =>
  listersOf(group, [{ id: 'd', model }]).map(({ nameOf }) => listed.map((name) => nameOf(name)));

test.each<[group: string, model: string, listed: string[], names: (string | null)[]]>([
  ['groq/*', '*', ['llama', 'Qwen/Qwen3'], ['groq/llama', 'groq/Qwen/Qwen3']],
  ['mine-*', 'gpt-*', ['gpt-4o', 'o3'], ['mine-4o', null]],
  ['*', '*', ['llama'], ['llama']],
  ['*/*', '*', ['llama'], [null]],
  ['team-*', 'm', ['m'], [null]],
])('%s for %s', (group, model, listed, names) => {
  expect(namesOf(group, model, listed)).toEqual([names]);
});

test('a deployment that stands for many providers: each lists its own, under its prefix', () => {
  const routes = [
    { names: 'groq/*', model: '*', id: 'd:groq' },
    { names: 'openai/*', model: '*', id: 'd:openai' },
    { names: 'gpt-*', model: 'gpt-*', id: 'd:openai' },
  ];
  const found = listersOf('team/*', [{ id: 'd', model: '*', routes }]);
  expect(found.map(({ deployment, nameOf }) => [deployment, nameOf('m')])).toEqual([
    ['d:groq', 'team/groq/m'],
    ['d:openai', 'team/openai/m'],
  ]);
  const narrow = listersOf('*', [{ id: 'd', model: '*', routes: [{ names: 'x-*', model: 'x-*', id: 'd:x' }] }]);
  expect(narrow[0]?.nameOf('m')).toBeNull();
});
