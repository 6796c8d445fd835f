import { describe, expect, test } from 'vitest';
import { config, notesOf, own, parse, problemsOf } from './helpers.js';

const credentials = (values: Record<string, unknown>) => [{ credential_name: 'mine', credential_values: values }];
const only = (value: object, env: NodeJS.ProcessEnv = {}) => Object.values(parse(value, env).connections)[0];

describe('credential_list', () => {
  const named = { model: 'openai/m', litellm_credential_name: 'mine' };

  test('gives what the deployment does not set itself', () => {
    const value = {
      ...own({ ...named, api_key: 'own-key' }),
      credential_list: credentials({ api_key: 'theirs', api_base: 'os.environ/B' }),
    };
    expect(only(value, { B: 'https://host/v1' })).toMatchObject({ apiKey: 'own-key', apiBase: 'https://host/v1' });
  });

  test('is told wrong at its own path', () => {
    const value = { ...own(named), credential_list: credentials({ timeout: 0, api_key: 'k' }) };
    expect(problemsOf(value)[0]).toMatch(/^credential_list\[0\]\.credential_values\.timeout: expected seconds/);
  });

  test('that nobody uses needs no variables', () => {
    const value = config({ credential_list: credentials({ api_key: 'os.environ/NOT_SET' }) });
    expect(notesOf(value)).toEqual([]);
  });

  test.each([
    [{ a: 1 }, 'credential_list: expected a list'],
    [['x'], 'credential_list[0]: expected an object with credential_name and credential_values'],
    [
      [{ credential_values: {} }],
      'credential_list[0].credential_name: expected a name of 1 to 200 characters, without control characters',
    ],
    [
      [{ credential_nam: 'x', credential_name: 'y' }],
      'credential_list[0].credential_nam: unknown key. Did you mean credential_name?',
    ],
  ])('%j is wrong', (list, problem) => {
    expect(problemsOf(config({ credential_list: list }))).toEqual([problem]);
  });

  test('a second one of a name is a note', () => {
    expect(notesOf(config({ credential_list: [...credentials({}), ...credentials({})] }))).toEqual([
      'credential_list[1].credential_name: a second credential of this name is not used',
    ]);
  });
});

describe('default_litellm_params', () => {
  test('hold where neither the deployment nor its credential sets one', () => {
    const value = {
      ...own({ model: 'gpt-4o', temperature: 0.1, litellm_credential_name: 'mine' }),
      credential_list: credentials({ api_key: 'key', top_p: 0.2 }),
      router_settings: { default_litellm_params: { temperature: 1, top_p: 1, seed: 7, timeout: 5, model: 'x' } },
    };
    const { routing, connections } = parse(value);
    expect(routing.groups['a']?.[0]).toMatchObject({ model: 'gpt-4o', timeoutMs: 5000 });
    expect(Object.values(connections)[0]?.params).toEqual({ temperature: 0.1, top_p: 0.2, seed: 7 });
    expect(notesOf(value)).toEqual([
      'router_settings.default_litellm_params.model: not used: each deployment names its model',
    ]);
  });

  test('are told wrong once, at their own path', () => {
    const value = config({ router_settings: { default_litellm_params: { num_retries: -1 } } });
    expect(problemsOf(value)).toEqual([
      'router_settings.default_litellm_params.num_retries: expected a whole number from 0 to 1000000, got -1',
    ]);
  });
});

describe('environment_variables', () => {
  test('are what os.environ and the variables of providers mean, and win', () => {
    const value = {
      ...own({ model: 'groq/m', user: 'os.environ/WHO' }),
      environment_variables: { GROQ_API_KEY: 'os.environ/OUTER', WHO: 42, UNUSED: null },
    };
    expect(only(value, { OUTER: 'gsk-outer', GROQ_API_KEY: 'other' })).toMatchObject({
      apiKey: 'gsk-outer',
      params: { user: '42' },
    });
  });

  test('are never shown, and do not count in the hash', () => {
    const value = (secret: string) =>
      config({ environment_variables: { ANYTHING: secret }, router_settings: { timeout: secret } });
    const problems = problemsOf(value('very-private-text'));
    expect(problems.join()).not.toContain('very-private-text');
    const hash = (text: string) => parse(config({ environment_variables: { A: text } })).routing.hash;
    expect(hash('one')).toBe(hash('two'));
  });

  test.each([
    ['x', 'environment_variables: expected an object of variables, each with a text'],
    [{ 'a b': 'x' }, 'environment_variables["a b"]: not a name that a variable can have'],
    [{ A: { b: 1 } }, 'environment_variables.A: expected a text'],
  ])('%j is wrong', (variables, problem) => {
    expect(problemsOf(config({ environment_variables: variables }))).toContain(problem);
  });
});

test('a blocked deployment is left out, and said so', () => {
  const value = config();
  const [first, second] = value.model_list;
  const blocked = { model_list: [{ ...first, blocked: true }, { ...first, model_info: { blocked: true } }, second] };
  expect(Object.keys(parse(blocked).routing.groups)).toEqual(['b']);
  expect(notesOf(blocked)).toEqual([
    'model_list[0]: the deployment of a is left out: it is blocked',
    'model_list[1]: the deployment of a is left out: it is blocked',
  ]);
});
