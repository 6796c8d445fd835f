import { describe, expect, test } from 'vitest';
import { readYaml } from '../../src/config/sections/read-yaml.js';
import { config, model, notesOf, parse, problemsOf } from './helpers.js';

describe('what is no YAML', () => {
  const cases: [what: string, text: string, problem: string][] = [
    [
      'an open quote',
      'a: "x\nb: 1',
      'line 2, column 5: not valid YAML: a character is missing: a closing quote or bracket, or a ":" after a key',
    ],
    ['a tab', 'a:\n\tb: 1', 'line 2, column 1: not valid YAML: tabs cannot indent: use spaces'],
    [
      'an alias without its anchor, whose name is not shown',
      'a: *sk-private',
      'not valid YAML: an alias (*name) without its anchor (&name), or far too many of them',
    ],
    ['a tag', 'a: !secret x', 'line 1, column 4: not valid YAML: tags (!name) are not supported'],
    [
      'two documents',
      'a: 1\n---\nb: 1',
      'line 2, column 1: not valid YAML: the file must hold one document: remove the second "---"',
    ],
  ];
  test.each(cases)('%s', (_, text, problem) => {
    expect(problemsOf(text)[0]).toBe(problem);
  });
});

describe('what is no config', () => {
  test.each([
    ['', 'empty: a config needs at least a model_list'],
    ['# a comment', 'empty: a config needs at least a model_list'],
    ['null', 'empty: a config needs at least a model_list'],
    ['- a', 'expected an object with a model_list'],
    ['hello', 'expected an object with a model_list'],
    ['router_settings: {}', 'model_list: missing: a config needs a list of models'],
    ['model_lists: []', 'model_lists: unknown key. Did you mean model_list?'],
    ['include: [other.yaml]', 'include[0]: only a config that is read from a file can include others'],
  ])('%j', (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  test('a section that is a list', () => {
    expect(problemsOf(config({ router_settings: [], litellm_settings: 'x', general_settings: 3 }))).toEqual([
      'general_settings: expected an object',
      'router_settings: expected an object',
      'litellm_settings: expected an object',
    ]);
  });
});

test('anchors, aliases and merge keys work, as often as deployments need them', () => {
  const deployments = Array.from({ length: 300 }, () => '  - model_name: a\n    litellm_params: {<<: *base, model: m}');
  const base =
    '  - model_name: base\n    litellm_params: &base {model: x, api_base: "http://h/v1", api_key: k, timeout: 5}';
  const { routing } = parse(`model_list:\n${base}\n${deployments.join('\n')}`);
  expect(routing.groups['a']).toHaveLength(300);
  expect(routing.groups['a']?.[299]).toMatchObject({ model: 'm', timeoutMs: 5000 });
});

test('of a key that is there twice the last one counts, and a note names both lines', () => {
  const text = [
    'model_list:',
    '  - model_name: a',
    '    litellm_params: {model: m, api_base: "http://h/v1", api_key: k, timeout: 5, timeout: 6}',
    'litellm_settings: {request_timeout: 1, num_retries: 7}',
    'litellm_settings:',
    '  num_retries: 3',
  ].join('\n');
  expect(notesOf(text)).toEqual([
    'litellm_settings is there twice, on line 4 and on line 5: the last one counts',
    'timeout is there twice, on line 3 and on line 3: the last one counts',
  ]);
  const { routing } = parse(text);
  expect(routing.litellm).toEqual({ numRetries: 3 });
  expect(routing.groups['a']?.[0]?.timeoutMs).toBe(6000);
});

test('JSON is YAML', () => {
  expect(parse(JSON.stringify({ model_list: [model('a')] })).routing.groups['a']).toHaveLength(1);
});

describe('a text made to take long ends in a problem, in seconds', () => {
  const doubling = (line: (index: number) => string) =>
    ['x0: &x0 {k: 1}', ...Array.from({ length: 30 }, (_, index) => line(index))].join('\n');
  const cases: [what: string, text: string][] = [
    ['brackets, far too deep', '['.repeat(100_000)],
    ['objects, far too deep', '{a: '.repeat(30_000)],
    ['lists on one line', '- '.repeat(100_000)],
    ['aliases that double each time', doubling((index) => `x${index + 1}: &x${index + 1} [*x${index}, *x${index}]`)],
    [
      'merges that double each time',
      doubling((index) => `x${index + 1}: &x${index + 1} {<<: [*x${index}, *x${index}]}`),
    ],
    ['an alias inside its anchor', 'a: &a [*a, *a]'],
    ['a merge inside its anchor', 'a: &a\n  <<: *a\n  b: 1'],
    ['many aliases', `a: [${'&x 1, *x, '.repeat(20_000)}]`],
    ['a long list, many times', `a: &a [${'1, '.repeat(50_000)}]\nb: [${'*a, '.repeat(900)}]`],
    ['many keys', Array.from({ length: 30_000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['many equal keys', 'k: 1\n'.repeat(30_000)],
    ['very long', ' '.repeat(2_000_000)],
    ['many quotes', '"'.repeat(100_000)],
    ['one very long key', `${'k'.repeat(500_000)}: 1`],
  ];
  test.each(cases)('%s', (_, text) => {
    // Of a processor: others may have it meanwhile.
    const start = process.cpuUsage();
    expect(problemsOf(text)).not.toEqual([]);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1_000_000).toBeLessThan(20);
  });
});

test('nothing of YAML 1.1 but merge keys: a directive does not change what texts mean', () => {
  expect(readYaml('%YAML 1.1\n---\na: yes\nb: 2001-01-01\nc: 0x10')).toEqual({
    value: { a: 'yes', b: '2001-01-01', c: 16 },
    notes: [],
  });
});
