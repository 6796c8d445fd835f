import { describe, expect, test } from 'vitest';
import { deploymentParams, modelInfo } from '../../src/config/deployment-schema.js';
import { KNOWN_KEYS, type Section } from '../../src/config/known-keys.js';
import { litellmSettings, routerSettings } from '../../src/config/settings-schema.js';
import { config, model, notesOf, problemsOf } from './helpers.js';

describe('the table and the schemas have the same keys', () => {
  const cases: [section: Section, schema: { shape: object }][] = [
    ['router_settings', routerSettings],
    ['litellm_settings', litellmSettings],
    ['litellm_params', deploymentParams],
    ['model_info', modelInfo],
  ];
  test.each(cases)('%s', (section, { shape }) => {
    const read = Object.entries(KNOWN_KEYS[section])
      .filter(([, { status }]) => status === 'honoured' || status === 'checked')
      .map(([key]) => key);
    expect(read.toSorted()).toEqual(Object.keys(shape).toSorted());
  });
});

describe('keys that nobody knows', () => {
  const cases: [value: unknown, problem: string][] = [
    [
      config({ router_settings: { num_retires: 3 } }),
      'router_settings.num_retires: unknown key. Did you mean num_retries?',
    ],
    [config({ router_settings: { retry_on: [429] } }), 'router_settings.retry_on: unknown key.'],
    [
      config({ router_settings: { context_policy_fallbacks: [] } }),
      'router_settings.context_policy_fallbacks: unknown key. Did you mean content_policy_fallbacks?',
    ],
    [
      config({ litellm_settings: { retry_policy: {} } }),
      'litellm_settings.retry_policy: unknown key here. It belongs in router_settings',
    ],
    [
      config({ router_settings: { request_timeout: 3 } }),
      'router_settings.request_timeout: unknown key here. It belongs in litellm_settings',
    ],
    [
      config({ num_retries: 3 }),
      'num_retries: unknown key here. It belongs in router_settings or in litellm_settings or in litellm_params',
    ],
    [
      config({ general_settings: { masterkey: 'private' } }),
      'general_settings.masterkey: unknown key. Did you mean master_key?',
    ],
    [
      { model_list: [model('a', {}, { allowed_fail: 3 })] },
      'model_list[0].model_info.allowed_fail: unknown key, and too much like allowed_fails to be meant for others. Did you mean allowed_fails?',
    ],
  ];
  test.each(cases)('%#', (value, problem) => {
    expect(problemsOf(value)).toEqual([problem]);
  });

  test.each(['tools', 'stop', 'seed', 'user', 'n', 'top_p', 'top_k', 'store', 'logprobs', 'metadata', 'modalities'])(
    '%s is a parameter of the provider',
    (key) => {
      expect(notesOf({ model_list: [model('a', { [key]: 1 })] })).toEqual([]);
    },
  );

  test('model_info may hold what the operator likes', () => {
    expect(notesOf({ model_list: [model('a', {}, { mode: 'chat', base_model: 'x', team: 'y' })] })).toEqual([]);
  });
});

test('keys of LiteLLM that do nothing here are notes, each key once', () => {
  const value = {
    model_list: [model('a', { max_retries: 2, aws_region_name: 'x' }), model('b', { max_retries: 2, rpm: 3 })],
    router_settings: { routing_strategy: 'simple-shuffle', cooldown_time: 5, redis_password: 'private' },
    litellm_settings: { drop_params: true },
    general_settings: { master_key: 'private' },
    environment_variables: { A: 'private' },
  };
  expect(notesOf(value)).toEqual([
    'environment_variables: ignored: set variables where the workers run',
    'general_settings.master_key: ignored: the gateway does not read its keys from here yet',
    "model_list[0].litellm_params.max_retries: ignored: the provider SDK's own retries are always off (in 2 places)",
    'model_list[0].litellm_params.aws_region_name: ignored: only OpenAI-compatible endpoints are called',
    'model_list[1].litellm_params.rpm: a weight only, so far: rates are not limited',
    'router_settings.routing_strategy: ignored: deployments are picked by order, then by weight',
    'router_settings.cooldown_time: no effect yet: there are no cooldowns',
    'router_settings.redis_password: ignored: state lives in Temporal, not in Redis',
    'litellm_settings.drop_params: ignored: parameters go to the provider as they are',
  ]);
});

test('how other endpoints are called is a note', () => {
  const value = {
    model_list: [
      model('a', { model: 'groq/llama' }),
      model('b', { model: 'Qwen/Qwen3-8B' }),
      model('c', { api_key: undefined }),
    ],
  };
  expect(notesOf(value)).toEqual([
    'model_list[0].litellm_params.model: groq is called as an OpenAI-compatible endpoint: {api_base}/chat/completions, model llama',
    'model_list[1].litellm_params.model: Qwen is no known provider: the whole name is sent to the endpoint',
    'model_list[2].litellm_params.api_key: not set: "no-key" is sent, because OPENAI_API_KEY is for OpenAI only',
  ]);
});

test('a secret that stands in the wrong place is not shown, however it is written', () => {
  const secret = `quoted"back\\slash${'x'.repeat(80)}`;
  const value = {
    model_list: [model('a', { api_key: secret })],
    router_settings: { timeout: secret, [secret]: 1, model_group_retry_policy: { [secret]: { DefaultRetries: -1 } } },
  };
  expect(problemsOf(value).join('\n')).not.toMatch(/quoted|slash|xxxx/);
  expect(problemsOf(value)).toHaveLength(3);
});
