import { describe, expect, test } from 'vitest';
import { config, KEY, model, notesOf, own, parse } from './helpers.js';

describe('where requests go, and with which key', () => {
  const OPENAI = 'https://api.openai.com/v1';
  const env = { OPENAI_API_KEY: 'sk-from-env', MY_KEY: 'my-own-key\n', MY_BASE: 'https://host/v1' };
  const cases: [
    what: string,
    params: Record<string, unknown>,
    env: NodeJS.ProcessEnv,
    model: string,
    connection: unknown,
  ][] = [
    ['OpenAI by prefix', { model: 'openai/gpt-4o' }, env, 'gpt-4o', { apiBase: OPENAI, apiKey: 'sk-from-env' }],
    ['OpenAI without prefix', { model: 'gpt-4o' }, env, 'gpt-4o', { apiBase: OPENAI, apiKey: 'sk-from-env' }],
    [
      'OPENAI_BASE_URL leads elsewhere',
      { model: 'gpt-4o' },
      { ...env, OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' },
      'gpt-4o',
      { apiBase: 'http://127.0.0.1:1/v1', apiKey: 'sk-from-env' },
    ],
    [
      'a key and an endpoint from variables, without the newline at the end',
      { model: 'openai/m', api_base: 'os.environ/MY_BASE', api_key: 'os.environ/MY_KEY' },
      env,
      'm',
      { apiBase: 'https://host/v1', apiKey: 'my-own-key' },
    ],
    [
      "another host never gets OpenAI's key",
      { model: 'openai/m', api_base: 'https://host/v1' },
      env,
      'm',
      { apiBase: 'https://host/v1', apiKey: 'no-key' },
    ],
    [
      'another provider is called as an OpenAI-compatible endpoint, without its prefix',
      { model: 'openrouter/openai/gpt-4o', api_base: 'https://host/v1', api_key: 'k' },
      env,
      'openai/gpt-4o',
      { apiBase: 'https://host/v1', apiKey: 'k', messages: { base: 'https://host/v1', keyIn: 'bearer' } },
    ],
    [
      'a slash in a name is no provider',
      { model: 'Qwen/Qwen3-8B', api_base: 'https://host/v1', api_key: 'k' },
      env,
      'Qwen/Qwen3-8B',
      { apiBase: 'https://host/v1', apiKey: 'k' },
    ],
    [
      'with custom_llm_provider the name stays whole, but for that provider',
      { model: 'meta/llama', custom_llm_provider: 'openai', api_base: 'https://host/v1', api_key: 'k' },
      env,
      'meta/llama',
      { apiBase: 'https://host/v1', apiKey: 'k' },
    ],
    [
      'other keys are fields of the body',
      { model: 'gpt-4o', organization: 'org-1', temperature: 0, user: 'os.environ/MY_BASE', seed: null },
      env,
      'gpt-4o',
      {
        apiBase: OPENAI,
        apiKey: 'sk-from-env',
        organization: 'org-1',
        params: { temperature: 0, user: 'https://host/v1' },
      },
    ],
  ];
  test.each(cases)('%s', (_, params, variables, name, connection) => {
    const { routing, connections } = parse(own(params), variables);
    expect(routing.groups['a']?.[0]?.model).toBe(name);
    expect(connections[`a#${name}`]).toEqual({ provider: expect.any(String), params: {}, ...(connection as object) });
  });

  test('secrets are all keys, each once, without the placeholder', () => {
    const list = [model('a'), model('b'), model('b', { api_key: 'another' }), model('c', { api_key: null })];
    expect(parse({ model_list: list }).secrets).toEqual(expect.arrayContaining([KEY, 'another']));
  });
});

describe('without requiring keys', () => {
  const params = { model: 'openai/m', api_key: 'os.environ/K', num_retries: 'os.environ/N' };

  test('a variable that is not set is a note, and sets nothing', () => {
    const loaded = parse(own(params), {}, false);
    expect(loaded.routing.groups['a']).toEqual([{ id: 'a#m', model: 'm' }]);
    expect(loaded.connections['a#m']?.apiKey).toBe('');
    expect(loaded.secrets).toEqual([]);
    expect(loaded.notes.map(({ path }) => path)).toEqual([
      'model_list[0].litellm_params.api_key',
      'model_list[0].litellm_params.num_retries',
    ]);
  });

  test('nor is OPENAI_API_KEY needed, nor the endpoint of another provider', () => {
    expect(notesOf(own({ model: 'gpt-4o' }), {}, false)).toHaveLength(1);
    expect(parse(own({ model: 'groq/m', api_base: 'os.environ/B' }), {}, false).routing.groups['a']?.[0]?.model).toBe(
      'm',
    );
  });

  test('the config has the same hash', () => {
    const env = { K: 'k', N: '1' };
    expect(parse(own(params), {}, false).routing.hash).toBe(parse(own(params), env).routing.hash);
  });
});

test('variables of what is ignored need not be set', () => {
  const sections = {
    general_settings: { master_key: 'os.environ/MASTER' },
    router_settings: { redis_url: 'os.environ/R' },
  };
  expect(notesOf(config(sections))).toHaveLength(2);
});
