import { describe, expect, test } from 'vitest';
import { deploymentParams, modelInfo } from '../../src/config/schema/deployment-schema.js';
import { generalSettings } from '../../src/config/schema/gateway-schema.js';
import { KNOWN_KEYS, rowOf, type Section } from '../../src/config/tables/known-keys.js';
import { litellmSettings, routerSettings } from '../../src/config/schema/settings-schema.js';
import type { KeyRow } from '../../src/config/tables/known-keys/row.js';
import { POLICY_FIELDS } from '../../src/core/errors/error-kinds.js';
import { LITELLM_FIELDS } from '../../src/core/plan/litellm-fields.js';
import { config, model, notesOf, parse, problemsOf } from './helpers.js';

describe('the table and the schemas have the same keys', () => {
  const cases: [section: Section, schema: { shape: object }][] = [
    ['router_settings', routerSettings],
    ['litellm_settings', litellmSettings],
    ['litellm_params', deploymentParams],
    ['model_info', modelInfo],
  ];
  test.each(cases)('%s', (section, { shape }) => {
    const read = Object.entries(KNOWN_KEYS[section])
      .filter(([key, { status }]) => status === 'honoured' && key !== 'default_litellm_params')
      .map(([key]) => key);
    expect(read.toSorted()).toEqual(Object.keys(shape).toSorted());
  });
});

describe('keys that nobody knows', () => {
  const meant: [value: unknown, problem: string][] = [
    [
      config({ router_settings: { num_retires: 3 } }),
      'router_settings.num_retires: unknown key. Did you mean num_retries?',
    ],
    [
      config({ router_settings: { context_policy_fallbacks: [] } }),
      'router_settings.context_policy_fallbacks: unknown key. Did you mean content_policy_fallbacks?',
    ],
    [config({ router_setting: {} }), 'router_setting: unknown key. Did you mean router_settings?'],
    [
      config({ general_settings: { masterkey: 'private' } }),
      'general_settings.masterkey: unknown key. Did you mean master_key?',
    ],
    [
      { model_list: [{ ...model('a'), litellm_param: {} }] },
      'model_list[0].litellm_param: unknown key. Did you mean litellm_params?',
    ],
    [
      { model_list: [model('a', {}, { allowed_fail: 3 })] },
      'model_list[0].model_info.allowed_fail: unknown key, and too much like allowed_fails to be meant for others. Did you mean allowed_fails?',
    ],
    [
      config({ router_settings: { fallbacks: [{ a: [{ model: 'b', num_retrys: 1 }] }] } }),
      'router_settings.fallbacks[0].a[0].num_retrys: unknown key. Did you mean num_retries?',
    ],
    [
      config({ litellm_settings: { default_fallbacks: [{ model: 'b', order: 1 }] } }),
      'litellm_settings.default_fallbacks[0].order: unknown key here. It belongs in litellm_params',
    ],
  ];
  test.each(meant)('are errors where one of ours is meant: %#', (value, problem) => {
    expect(problemsOf(value)).toEqual([problem]);
  });

  test('are errors in a policy, whatever they are', () => {
    const value = config({ router_settings: { allowed_fails_policy: { QuotaErrors: 3 } } });
    expect(problemsOf(value)[0]).toMatch(
      /^router_settings\.allowed_fails_policy\.QuotaErrors: unknown key\. There are: BadRequestErrorAllowedFails, /,
    );
  });

  const others: [value: unknown, notes: string[]][] = [
    [config({ router_settings: { retry_on: [429] } }), ['router_settings.retry_on: ignored: unknown key']],
    [
      config({ router_settings: { context_fallbacks: [] } }),
      ['router_settings.context_fallbacks: ignored: unknown key'],
    ],
    [
      config({ general_settings: { custom_headers: {}, health_check: true } }),
      ['general_settings.custom_headers: ignored: unknown key', 'general_settings.health_check: ignored: unknown key'],
    ],
    [
      { model_list: [model('a', {}, { health_check_model: 'gpt-4o-mini', health_check_voice: 'alloy' })] },
      [
        'model_list[0].model_info.health_check_model: ignored: models of a wildcard are not checked: each cools on its own, when it was asked',
        'model_list[0].model_info.health_check_voice: ignored: a check is the cheapest request that a model has',
      ],
    ],
    [config({ 'x-anchors': {}, ui: 1 }), ['x-anchors: ignored: unknown key', 'ui: ignored: unknown key']],
    [
      config({ litellm_settings: { retry_policy: {} } }),
      ['litellm_settings.retry_policy: ignored: unknown key here. It belongs in router_settings'],
    ],
    [
      config({ litellm_settings: { master_key: 'private-0123456789' } }),
      ['litellm_settings.master_key: ignored: unknown key here. It belongs in general_settings'],
    ],
    [
      config({ num_retries: 3 }),
      [
        'num_retries: ignored: unknown key here. It belongs in router_settings or in litellm_settings or in litellm_params',
      ],
    ],
    [
      { model_list: [{ ...model('a'), rpm: 3 }] },
      ['model_list[0].rpm: ignored: unknown key here. It belongs in litellm_params'],
    ],
    [
      config({ litellm_settings: { langfuse_secret_key: 'private-0123456789' } }),
      ['litellm_settings.langfuse_secret_key: ignored: unknown key'],
    ],
  ];
  test.each(others)('are notes where none is meant, and none is guessed: %#', (value, notes) => {
    expect(notesOf(value)).toEqual(notes);
  });

  test('never reach the provider where they are settings of ours', () => {
    const { connections, notes } = parse({
      model_list: [model('a', { retry_policy: {}, allowed_fails: 3, top_k: 1 })],
    });
    expect(connections['a#a-up']?.params).toEqual({ top_k: 1 });
    expect(notes.map(({ path }) => path)).toEqual([
      'model_list[0].litellm_params.retry_policy',
      'model_list[0].litellm_params.allowed_fails',
    ]);
  });

  test('never reach the provider where LiteLLM keeps them to itself, or where they are secrets of others', () => {
    const theirs = {
      base_model: 'azure/gpt-4o',
      supports_system_message: false,
      caching: true,
      langfuse_public_key: 'pk-lf-1',
      langfuse_secret_key: 'sk-lf-1',
      langfuse_host: 'http://lf.example',
      arize_api_key: 'private-0123456789',
      litellm_session_id: 's',
    };
    const { connections, notes } = parse({ model_list: [model('a', { ...theirs, prompt_cache_key: 'mine' })] });
    expect(connections['a#a-up']?.params).toEqual({ prompt_cache_key: 'mine' });
    expect(notes.map(({ path }) => path)).toEqual(
      Object.keys(theirs).map((key) => `model_list[0].litellm_params.${key}`),
    );
  });

  test.each(['tools', 'stop', 'seed', 'user', 'n', 'top_p', 'top_k', 'store', 'logprobs', 'metadata', 'modalities'])(
    '%s is a parameter of the provider',
    (key) => {
      expect(notesOf({ model_list: [model('a', { [key]: 1 })] })).toEqual([]);
    },
  );

  test('model_info may hold what the operator likes', () => {
    expect(notesOf({ model_list: [model('a', {}, { team: 'y', price: 3 })] })).toEqual([]);
  });
});

describe('keys that nobody knows, where that is no error', () => {
  const lenient = (value: unknown) => parse(value, {}, true, true);

  test('are notes and have no effect', () => {
    const loaded = lenient(
      config({
        router_settings: { num_retires: 3, retry_policy: { RateLimitErrorRetries: 1, RateLimitErrorRetry: 2 } },
      }),
    );
    expect(loaded.routing.router).toEqual({ retryPolicy: { RateLimitErrorRetries: 1 } });
    expect(loaded.notes).toEqual([
      {
        path: 'router_settings.num_retires',
        message: 'ignored: unknown key. Did you mean num_retries?',
        kind: 'ignored',
      },
      {
        path: 'router_settings.retry_policy.RateLimitErrorRetry',
        message: `ignored: unknown key. There are: ${POLICY_FIELDS.join(', ')}`,
        kind: 'ignored',
      },
    ]);
  });

  test('go to the provider where they stand among its parameters', () => {
    const { connections, notes } = lenient({ model_list: [model('a', { models: ['x'] })] });
    expect(connections['a#a-up']?.params).toEqual({ models: ['x'] });
    expect(notes.map(({ message }) => message)).toEqual([
      "sent to the provider: unknown key, and too much like model to be meant for others. Did you mean model? If it is the provider's, write it under extra_body",
    ]);
  });

  test('values that are wrong stay errors', () => {
    expect(() => lenient(config({ router_settings: { num_retries: -1 } }))).toThrow('num_retries: expected');
  });
});

describe('every key of the table is accepted merely for being there', () => {
  const SAMPLE: Readonly<Record<string, unknown>> = {
    model: 'openai/m',
    api_key: 'sk-sample-key',
    api_base: 'http://127.0.0.1:9/v1',
    base_url: 'http://127.0.0.1:9/v1',
    litellm_credential_name: 'mine',
    model_name: 'a',
    fallback_reserve: 0.5,
    default_litellm_params: {},
    callbacks: 'callbacks.mjs',
    api_keys: [],
  };
  const sampleOf = (
    key: string,
    schema: Readonly<Record<string, { safeParse(value: unknown): { success: boolean } }>>,
  ) =>
    Object.hasOwn(SAMPLE, key)
      ? SAMPLE[key]
      : ([1, 'some text', true, {}, []].find((value) => schema[key]?.safeParse(value).success !== false) ?? null);
  const sectionOf = (part: Section, schema: { shape: object }) =>
    Object.fromEntries(
      Object.entries<KeyRow>(KNOWN_KEYS[part])
        .filter(([, { status }]) => status !== 'refused')
        .map(([key]) => [key.replaceAll('*', 'x'), sampleOf(key, schema.shape as Parameters<typeof sampleOf>[1])]),
    );
  const NONE = { shape: {} };

  test('all of them in one config', () => {
    const value = {
      ...sectionOf('', NONE),
      model_list: [
        {
          model_name: 'a',
          litellm_params: sectionOf('litellm_params', deploymentParams),
          model_info: { ...sectionOf('model_info', modelInfo), id: 'one', blocked: false },
        },
      ],
      router_settings: { ...sectionOf('router_settings', routerSettings), model_group_alias: { b: 'a' } },
      litellm_settings: sectionOf('litellm_settings', litellmSettings),
      general_settings: sectionOf('general_settings', generalSettings),
      credential_list: [{ credential_name: 'mine', credential_values: {}, credential_info: {} }],
      environment_variables: { A: 'b' },
      include: [],
      encryption: { keys: [{ id: 'k1', key: 'a1'.repeat(32) }] },
      external_storage: { location: 'payloads' },
      webhooks: [],
    };
    const loaded = parse(value);
    expect(Object.keys(loaded.routing.groups)).toEqual(['a']);
    expect(loaded.notes.filter(({ kind }) => kind === 'ignored').length).toBeGreaterThan(150);
    expect(loaded.honoured.map(({ key }) => key)).toContain('router_settings.retry_policy');
  });
});

describe('keys that would change what calls mean are not accepted, unless they are off', () => {
  test.each([
    ['litellm_settings', 'api_base', 'http://elsewhere/v1'],
    ['litellm_settings', 'api_key', 'gsk_0123456789'],
    ['litellm_settings', 'model_alias_map', { a: 'b' }],
  ])('%s.%s', (part, key, value) => {
    expect(problemsOf(config({ [part]: { [key]: value } }))[0]).toMatch(new RegExp(`^${part}.${key}: not accepted: `));
    for (const off of [null, false, '', {}, []]) expect(notesOf(config({ [part]: { [key]: off } }))).toEqual([]);
  });

  test('a guardrail for every call', () => {
    const guardrails = (params: object) => config({ guardrails: [{ guardrail_name: 'g', litellm_params: params }] });
    expect(problemsOf(guardrails({ default_on: true }))[0]).toMatch(/^guardrails\[0\]\.litellm_params\.default_on: /);
    expect(notesOf(guardrails({ mode: 'pre_call' }))).toEqual([
      'guardrails: ignored: guardrails do not run here: prompts and answers go through unchecked',
    ]);
  });
});

test('keys of LiteLLM that do nothing here are notes, each key once', () => {
  const value = {
    model_list: [model('a', { max_retries: 2, aws_profile_name: 'x' }), model('b', { max_retries: 2, rpm: 3 })],
    router_settings: { routing_strategy: 'simple-shuffle', cooldown_time: 5, redis_password: 'private' },
    litellm_settings: { drop_params: true },
    general_settings: { master_key: 'private' },
    environment_variables: { A: 'private' },
  };
  expect(notesOf(value)).toEqual([
    'router_settings.routing_strategy: ignored: deployments are picked by order, then by weight',
    'router_settings.redis_password: ignored: state lives in Temporal, not in Redis',
    'litellm_settings.drop_params: ignored: parameters go to the provider as they are',
    "model_list[0].litellm_params.max_retries: ignored: the provider SDK's own retries are always off (in 2 places)",
    'model_list[0].litellm_params.aws_profile_name: for bedrock/… and bedrock_mantle/… only',
  ]);
});

test('how other endpoints are called is a note', () => {
  const value = {
    model_list: [
      model('a', { model: 'replicate/llama' }),
      model('b', { model: 'Qwen/Qwen3-8B' }),
      model('c', { api_key: undefined }),
      model('d', { model: 'groq/llama', api_key: undefined }),
    ],
  };
  expect(notesOf(value)).toEqual([
    'model_list[0].litellm_params.model: replicate is called as an OpenAI-compatible endpoint: {api_base}/chat/completions, model llama',
    'model_list[1].litellm_params.model: Qwen is no known provider: the whole name is sent to the endpoint',
    'model_list[2].litellm_params.api_key: not set: "no-key" is sent, because OPENAI_API_KEY is for openai only',
    'model_list[3].litellm_params.api_key: not set: "no-key" is sent, because GROQ_API_KEY is for groq only',
  ]);
});

test('a secret that stands in the wrong place is not shown, however it is written', () => {
  const secret = `quoted"back\\slash${'x'.repeat(80)}`;
  const value = {
    model_list: [model('a', { api_key: secret })],
    router_settings: { timeout: secret, [secret]: 1, model_group_retry_policy: { [secret]: { DefaultRetries: -1 } } },
  };
  expect(problemsOf(value).join('\n')).not.toMatch(/quoted|slash|xxxx/);
  expect(problemsOf(value)).toHaveLength(2);
  const unknown = { ...value, router_settings: { [secret]: 1 } };
  expect(notesOf(unknown)).toEqual(['router_settings["[redacted]"]: ignored: unknown key']);
});

test('what LiteLLM keeps to itself in requests is not sent to providers by a deployment either', () => {
  const names = LITELLM_FIELDS.flatMap(([, fields]) => fields.trim().split(/\s+/));
  expect(names.filter((name) => rowOf('litellm_params', name.replace('*', 'x')) === null)).toEqual([]);
});
