import { describe, expect, test } from 'vitest';
import { parseModelName } from '../../src/config/deployments/model-provider.js';
import { KNOWN_PROVIDERS, type ProviderRow } from '../../src/config/tables/known-providers.js';
import { bodyFor } from '../../src/providers/endpoints.js';
import { notesOf, own, parse, problemsOf } from './helpers.js';

const ROWS = Object.entries<ProviderRow>(KNOWN_PROVIDERS);
const connectionOf = (params: Record<string, unknown>, env: NodeJS.ProcessEnv) =>
  Object.values(parse(own(params), env).connections)[0];

const isTemplate = ({ baseUrl }: ProviderRow) => baseUrl?.includes('{') === true;

describe('each provider', () => {
  test.each(ROWS)('%s says where its row is from', (_, { source, checked }) => {
    expect(source).toMatch(/^https:\/\//);
    expect(checked).toBe('2026-11');
  });

  const plain = ROWS.filter(([, row]) => row.baseUrl !== null && !isTemplate(row));
  test.each(plain)('%s is reached with its own key', (prefix, row) => {
    const env = Object.fromEntries(row.keyVariables.slice(0, 1).map((name) => [name, `key-of-${prefix}`]));
    expect(connectionOf({ model: `${prefix}/some-model` }, env)).toMatchObject({
      provider: prefix,
      apiBase: row.baseUrl,
      apiKey: `key-of-${prefix}`,
    });
  });

  test.each(ROWS.filter(([, row]) => isTemplate(row) && row.signIn === undefined))(
    '%s needs variables for its URL, too',
    (prefix, row) => {
      const [key = ''] = row.keyVariables;
      const variables = /\{([A-Z_|]+)\}/.exec(row.baseUrl ?? '')?.[1] ?? '';
      const [first = ''] = variables.split('|');
      expect(problemsOf(own({ model: `${prefix}/m` }), { [key]: 'k' })[0]).toContain(variables.replaceAll('|', ' or '));
      expect(connectionOf({ model: `${prefix}/m` }, { [key]: 'k', [first]: 'a-b' })).toMatchObject({
        apiBase: row.baseUrl?.replace(/\{.*\}/, 'a-b'),
        apiKey: 'k',
      });
    },
  );

  test.each(plain.filter(([, { keyless }]) => keyless !== true))('%s needs a key', (prefix, { keyVariables }) => {
    expect(problemsOf(own({ model: `${prefix}/m` }))[0]).toContain(keyVariables.join(' or '));
  });

  test.each(ROWS.filter(([, { keyVariables }]) => keyVariables.length > 0))(
    '%s: its key goes to no host but its own',
    (prefix, { keyVariables }) => {
      const env = Object.fromEntries(keyVariables.map((name) => [name, 'must-not-leak']));
      for (const host of [
        'https://evil.example/v1',
        'http://127.0.0.1:1/v1',
        'http://localhost:1/v1',
        'https://api.openai.com.evil.example/v1',
      ]) {
        expect(connectionOf({ model: `${prefix}/m`, api_base: host }, env)?.apiKey).toBe('no-key');
      }
      expect(
        connectionOf({ model: `${prefix}/m`, api_base: 'https://evil.example/v1', api_key: 'mine' }, env)?.apiKey,
      ).toBe('mine');
    },
  );
});

describe('where requests go', () => {
  const cases: [what: string, params: Record<string, unknown>, env: NodeJS.ProcessEnv, connection: object][] = [
    [
      "the provider's own host, named by the config",
      { model: 'openai/m', api_base: 'https://eu.api.openai.com/v1/' },
      { OPENAI_API_KEY: 'k1' },
      { apiBase: 'https://eu.api.openai.com/v1', apiKey: 'k1' },
    ],
    [
      'the same without TLS gets no key',
      { model: 'openai/m', api_base: 'http://api.openai.com/v1' },
      { OPENAI_API_KEY: 'k1' },
      { apiKey: 'no-key' },
    ],
    [
      'a base URL from a variable',
      { model: 'groq/m' },
      { GROQ_API_BASE: 'https://proxy.example/v1', GROQ_API_KEY: 'k2' },
      { apiBase: 'https://proxy.example/v1', apiKey: 'k2' },
    ],
    [
      "LiteLLM's api_base for Ollama is a mere host",
      { model: 'ollama/llama3', api_base: 'http://localhost:11434' },
      {},
      { apiBase: 'http://localhost:11434/v1', apiKey: 'no-key' },
    ],
    [
      'so is the one for Anthropic',
      { model: 'anthropic/claude', api_base: 'https://api.anthropic.com/' },
      { ANTHROPIC_API_KEY: 'k3' },
      { apiBase: 'https://api.anthropic.com/v1', apiKey: 'k3' },
    ],
    [
      'a model that LiteLLM knows by its name alone',
      { model: 'claude-3-opus-20240229' },
      { ANTHROPIC_API_KEY: 'k3', OPENAI_API_KEY: 'k1' },
      { apiBase: 'https://api.anthropic.com/v1', apiKey: 'k3' },
    ],
    [
      'such a name at an endpoint of your own',
      { model: 'claude-3-opus-20240229', api_base: 'https://proxy.example', api_key: 'k' },
      { ANTHROPIC_API_KEY: 'k3' },
      { apiBase: 'https://proxy.example', apiKey: 'k' },
    ],
    [
      'base_url is api_base',
      { model: 'openai/m', base_url: 'https://host/v1', api_key: 'k' },
      {},
      { apiBase: 'https://host/v1' },
    ],
    [
      'Azure',
      { model: 'azure/gpt-4o-eu', api_base: 'https://mine.openai.azure.com', api_version: '2024-10-21' },
      { AZURE_API_KEY: 'k4' },
      {
        provider: 'azure',
        apiBase: 'https://mine.openai.azure.com',
        apiKey: 'k4',
        keyHeader: 'api-key',
        deploymentInPath: null,
        query: { 'api-version': '2024-10-21' },
      },
    ],
    [
      'Azure by its variables',
      { model: 'azure/gpt-4o-eu' },
      { AZURE_API_KEY: 'k4', AZURE_API_BASE: 'https://mine.example', AZURE_API_VERSION: '2025-01-01' },
      { provider: 'azure', apiBase: 'https://mine.example', apiKey: 'k4', query: { 'api-version': '2025-01-01' } },
    ],
    [
      'headers, the most specific of a name; fields that win over those of requests',
      {
        model: 'openai/m',
        api_key: 'k',
        default_headers: { a: 1, b: 1 },
        headers: { b: 2, c: 2 },
        extra_headers: { c: 'Bearer secret-of-header' },
        extra_body: { top_k: 1 },
      },
      {},
      { headers: { a: '1', b: '2', c: 'Bearer secret-of-header' }, extraBody: { top_k: 1 } },
    ],
  ];
  test.each(cases)('%s', (_, params, env, connection) => {
    expect(connectionOf(params, env)).toMatchObject(connection);
  });

  test('headers are secrets, and so is what follows their scheme', () => {
    const { secrets } = parse(
      own({ model: 'm', api_key: 'key', extra_headers: { a: 'Bearer secret-of-header', b: 1 } }),
    );
    expect(secrets).toEqual(expect.arrayContaining(['key', 'Bearer secret-of-header', 'secret-of-header']));
  });

  const VERTEX = 'aiplatform.googleapis.com/v1/projects/p/locations';
  test.each<[string, Record<string, unknown>, NodeJS.ProcessEnv, object]>([
    [
      'bedrock/m',
      { aws_region_name: 'eu-west-1' },
      {},
      {
        apiBase: 'https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1',
        signIn: { by: 'aws', service: 'bedrock', region: 'eu-west-1', credentials: undefined },
      },
    ],
    [
      'bedrock/m',
      { aws_region_name: 'eu-west-1', aws_access_key_id: 'AK', aws_secret_access_key: 'SK', aws_session_token: 'ST' },
      { AWS_BEARER_TOKEN_BEDROCK: 'of-all' },
      { signIn: { credentials: { accessKeyId: 'AK', secretAccessKey: 'SK', sessionToken: 'ST' } } },
    ],
    [
      'bedrock/m',
      {},
      { AWS_REGION: 'r-1', AWS_ACCESS_KEY_ID: 'AK', AWS_SECRET_ACCESS_KEY: 'SK' },
      { signIn: { credentials: { accessKeyId: 'AK', secretAccessKey: 'SK' } } },
    ],
    [
      'vertex_ai/m',
      { vertex_project: 'p' },
      { GOOGLE_APPLICATION_CREDENTIALS: '/g.json' },
      { signIn: { credentials: '/g.json' } },
    ],
    ['bedrock/m', { aws_profile_name: 'dev' }, { AWS_REGION: 'r-1' }, { signIn: { credentials: { profile: 'dev' } } }],
    ['bedrock/m', {}, { AWS_REGION: 'r-1', AWS_BEARER_TOKEN_BEDROCK: 'k' }, { apiKey: 'k' }],
    [
      'bedrock/m',
      { api_base: 'https://bedrock-runtime.r-1.amazonaws.com' },
      { AWS_REGION: 'r-1' },
      { apiBase: 'https://bedrock-runtime.r-1.amazonaws.com/openai/v1', signIn: { region: 'r-1' } },
    ],
    [
      'bedrock_mantle/m',
      {},
      { AWS_REGION: 'r-1' },
      { apiBase: 'https://bedrock-mantle.r-1.api.aws/v1', signIn: { service: 'bedrock-mantle' } },
    ],
    [
      'vertex_ai/gemini-2.5-pro',
      { vertex_project: 'p', vertex_location: 'europe-west4', vertex_credentials: '/app/key.json' },
      {},
      {
        apiBase: `https://europe-west4-${VERTEX}/europe-west4/endpoints/openapi`,
        signIn: { by: 'google', credentials: '/app/key.json' },
      },
    ],
    [
      'vertex_ai/gemini-2.5-pro',
      { vertex_ai_project: 'p', vertex_ai_location: 'global', vertex_ai_credentials: '{"type": "service_account"}' },
      {},
      {
        apiBase: `https://${VERTEX}/global/endpoints/openapi`,
        signIn: { by: 'google', credentials: { type: 'service_account' } },
      },
    ],
    [
      'vertex_ai/meta/llama-4-maas',
      {},
      { VERTEXAI_PROJECT: 'p', VERTEXAI_CREDENTIALS: '/k.json' },
      { apiBase: `https://us-central1-${VERTEX}/us-central1/endpoints/openapi`, signIn: { credentials: '/k.json' } },
    ],
    [
      'gemini-2.5-pro',
      {},
      { GOOGLE_CLOUD_PROJECT: 'p', VERTEX_LOCATION: 'eu' },
      {
        apiBase: 'https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/endpoints/openapi',
        signIn: { by: 'google', credentials: undefined },
      },
    ],
  ])('%s with %j signs in', (name, params, env, connection) => {
    expect(connectionOf({ model: name, ...params }, env)).toMatchObject(connection);
  });

  test('a key that is set is enough', () => {
    const env = { AWS_REGION: 'r-1', AWS_BEARER_TOKEN_BEDROCK: 'k' };
    expect(connectionOf({ model: 'bedrock/m' }, env)).not.toHaveProperty('signIn');
  });

  test.each([
    ['vertex_ai/gemini-2.5-pro', 'google/gemini-2.5-pro'],
    ['vertex_ai/meta/llama-4-maas', 'meta/llama-4-maas'],
    ['gemini-2.5-pro', 'google/gemini-2.5-pro'],
    ['huggingface/sambanova/Qwen/Qwen3-8B', 'Qwen/Qwen3-8B:sambanova'],
    ['clarifai/openai.chat-completion.gpt-oss-120b', 'https://clarifai.com/openai/chat-completion/models/gpt-oss-120b'],
    ['clarifai/https://clarifai.com/a/b/models/c', 'https://clarifai.com/a/b/models/c'],
  ])('%s is asked as %s, also where a wildcard serves it', (name, sent) => {
    expect(parseModelName(name, name === 'gemini-2.5-pro' ? 'vertex_ai' : undefined).model).toBe(sent);
    const [provider = ''] = name.includes('/') ? name.split('/') : ['vertex_ai'];
    const connection = { provider, apiBase: '', apiKey: '', params: {} };
    const asked = name.startsWith(`${provider}/`) ? name.slice(provider.length + 1) : name;
    expect(bodyFor(connection, {}, asked)).toEqual({ model: sent });
  });

  test('what a sign-in is made with is secret', () => {
    const credentials = {
      private_key: 'private-key-0123',
      client_secret: 'client-secret-0123',
      token_uri: 'https://t.example',
    };
    const { secrets } = parse(own({ model: 'vertex_ai/m', vertex_project: 'p', vertex_credentials: credentials }));
    expect(secrets).toEqual(expect.arrayContaining(['private-key-0123', 'client-secret-0123']));
    expect(secrets).not.toContain('https://t.example');
    const keys = {
      aws_access_key_id: 'AKIA0123',
      aws_secret_access_key: 'secret-0123',
      aws_session_token: 'session-0123',
    };
    expect(parse(own({ model: 'bedrock/m', aws_region_name: 'r', ...keys })).secrets).toEqual(
      expect.arrayContaining(['secret-0123', 'session-0123']),
    );
  });

  test.each([
    [{ aws_access_key_id: 'AK', aws_region_name: 'r' }, 'aws_secret_access_key: missing'],
    [{ aws_profile_name: 'p', api_base: 'https://h.example/v1' }, 'aws_region_name: missing'],
    [
      { model: 'vertex_ai/m', vertex_project: 'p', vertex_credentials: '{"type": ' },
      'vertex_credentials: begins like JSON',
    ],
    [{ model: 'vertex_ai/m', vertex_project: 'p', vertex_credentials: ['x'] }, 'vertex_credentials: expected a file'],
  ])('a part that is missing is a problem: %j', (params, problem) => {
    expect(problemsOf(own({ model: 'bedrock/m', ...params }))[0]).toContain(problem);
  });

  test.each([
    ['my-model', { api_key: 'k' }, 1],
    ['gpt-4o', { api_key: 'k' }, 0],
    ['claude-3-opus-20240229', { api_key: 'k' }, 0],
    ['my-model', { api_key: 'k', custom_llm_provider: 'groq' }, 0],
    ['my-model', { api_key: 'k', base_url: 'https://host/v1' }, 0],
    ['openai/my-model', { api_key: 'k' }, 0],
  ])('a name that says no provider is noted: %s with %j', (model, params, notes) => {
    const config = { model_list: [{ model_name: 'a', litellm_params: { model, ...params } }] };
    expect(notesOf(config).filter((note) => note.includes("taken for a model of OpenAI's"))).toHaveLength(notes);
  });

  test('api_version is for Azure only', () => {
    expect(notesOf(own({ model: 'openai/m', api_key: 'key', api_version: '2024' }))).toEqual([
      'model_list[0].litellm_params.api_version: for azure/… and azure_ai/… only',
    ]);
  });
});
