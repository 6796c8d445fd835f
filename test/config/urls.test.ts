import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { apiOf, urlOf } from '../../src/providers/apis.js';
import { clientHeaders } from '../../src/providers/openai/client-headers.js';
import type { Operation } from '../../src/core/common/operations.js';
import { own, parse, problemsOf } from './helpers.js';

const AZURE = 'https://r.openai.azure.com';
const FOUNDRY = 'https://r.services.ai.azure.com';
const VERSION = 'api-version=2024-10-21';

/** What is really sent: URL and headers of the key. */
async function sentBy(params: Record<string, unknown>, operation: Operation, env: NodeJS.ProcessEnv = {}) {
  const { routing, connections } = parse(own({ api_key: 'the-key', ...params }), env);
  const [plan] = routing.groups['a'] ?? [];
  const connection = connections[plan?.id ?? ''];
  if (plan === undefined || connection === undefined) throw new Error('there is no connection');
  const { model } = plan;
  const sent = await apiOf(operation).httpRequest({
    operation,
    connection,
    model,
    body: {},
    limit: { limitMs: 1_000, scope: 'attempt' },
    streamLimits: { firstContentMs: null, idleMs: 1_000 },
    blockedAnswerFails: true,
    interrupt: new AbortController().signal,
  });
  return { url: urlOf(connection, operation, model), sent };
}

describe('the URL that is asked', () => {
  const cases: [what: string, params: Record<string, unknown>, url: string, operation?: Operation][] = [
    ['a base', { model: 'openai/m', api_base: 'http://h/v1' }, 'http://h/v1/chat/completions'],
    ['with / at its end', { model: 'openai/m', api_base: 'http://h/v1//' }, 'http://h/v1/chat/completions'],
    ['with its route', { model: 'openai/m', api_base: 'http://h/v1/chat/completions' }, 'http://h/v1/chat/completions'],
    [
      'with its route and /',
      { model: 'openai/m', api_base: 'http://h/v1/chat/completions/' },
      'http://h/v1/chat/completions',
    ],
    [
      'with the route of another operation',
      { model: 'openai/m', api_base: 'http://h/v1/chat/completions' },
      'http://h/v1/embeddings',
      'embeddings',
    ],
    ['with /responses', { model: 'openai/m', api_base: 'http://h/v1/responses' }, 'http://h/v1/responses', 'responses'],
    [
      'with a query',
      { model: 'openai/m', api_base: 'http://h/v1?tenant=a&api-key=secret-in-query' },
      'http://h/v1/chat/completions?tenant=a&api-key=secret-in-query',
    ],
    [
      "a provider's mere host",
      { model: 'groq/m', api_base: 'https://api.groq.com' },
      'https://api.groq.com/openai/v1/chat/completions',
    ],
    [
      "OpenAI's mere host",
      { model: 'openai/m', api_base: 'https://api.openai.com/' },
      'https://api.openai.com/v1/chat/completions',
    ],
    [
      "Anthropic's native route",
      { model: 'anthropic/m', api_base: 'https://api.anthropic.com/v1/messages' },
      'https://api.anthropic.com/v1/chat/completions',
    ],
    [
      "Gemini's native base",
      { model: 'gemini/m', api_base: 'https://generativelanguage.googleapis.com/v1beta' },
      'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
    ],
    [
      "Ollama's native route",
      { model: 'ollama/m', api_base: 'http://localhost:11434/api/generate' },
      'http://localhost:11434/v1/chat/completions',
    ],
    [
      "Cloudflare's native base",
      { model: 'cloudflare/@cf/m', api_base: 'https://api.cloudflare.com/client/v4/accounts/acc/ai/run/' },
      'https://api.cloudflare.com/client/v4/accounts/acc/ai/v1/chat/completions',
    ],
    [
      "a Databricks workspace's host",
      { model: 'databricks/m', api_base: 'https://adb-1.2.azuredatabricks.net' },
      'https://adb-1.2.azuredatabricks.net/serving-endpoints/chat/completions',
    ],
    [
      'a region of Bedrock',
      { model: 'bedrock/converse/openai.gpt-oss-20b-1:0', aws_region_name: 'eu-west-1' },
      'https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/chat/completions',
    ],
    ['Azure', { model: 'azure/d', api_base: AZURE }, `${AZURE}/openai/deployments/d/chat/completions?${VERSION}`],
    [
      'Azure with /openai/',
      { model: 'azure/d', api_base: `${AZURE}/openai/` },
      `${AZURE}/openai/deployments/d/chat/completions?${VERSION}`,
    ],
    [
      "Azure as its portal shows it, for another name than the model's",
      { model: 'azure/d', api_base: `${AZURE}/openai/deployments/mine/chat/completions?api-version=2023-05-15` },
      `${AZURE}/openai/deployments/mine/chat/completions?api-version=2023-05-15`,
    ],
    [
      'the same for embeddings',
      { model: 'azure/d', api_base: `${AZURE}/openai/deployments/mine/embeddings?api-version=2023-05-15` },
      `${AZURE}/openai/deployments/mine/embeddings?api-version=2023-05-15`,
      'embeddings',
    ],
    [
      'Azure behind a gateway with a path and a query of its own',
      { model: 'azure/d', api_base: 'https://apim.example/team-a?subscription-key=secret-in-query' },
      `https://apim.example/team-a/openai/deployments/d/chat/completions?subscription-key=secret-in-query&${VERSION}`,
    ],
    [
      'Azure, Responses',
      { model: 'azure/responses/d', api_base: AZURE },
      `${AZURE}/openai/responses?${VERSION}`,
      'responses',
    ],
    [
      'Azure, Responses as its portal shows it',
      { model: 'azure/d', api_base: `${AZURE}/openai/responses?api-version=2025-04-01-preview` },
      `${AZURE}/openai/responses?api-version=2025-04-01-preview`,
      'responses',
    ],
    ['Azure v1', { model: 'azure/d', api_base: `${AZURE}/openai/v1/` }, `${AZURE}/openai/v1/chat/completions`],
    [
      'Azure v1 with its route',
      { model: 'azure/d', api_base: `${AZURE}/openai/v1/responses` },
      `${AZURE}/openai/v1/responses`,
      'responses',
    ],
    [
      'Azure v1 by api_version',
      { model: 'azure/d', api_base: AZURE, api_version: 'v1' },
      `${AZURE}/openai/v1/chat/completions`,
    ],
    [
      'Azure v1, preview',
      { model: 'azure/d', api_base: AZURE, api_version: 'preview' },
      `${AZURE}/openai/v1/chat/completions?api-version=preview`,
    ],
    [
      'azure/o_series',
      { model: 'azure/o_series/d', api_base: AZURE },
      `${AZURE}/openai/deployments/d/chat/completions?${VERSION}`,
    ],
    [
      'azure/gpt5_series',
      { model: 'azure/gpt5_series/d', api_base: AZURE },
      `${AZURE}/openai/deployments/d/chat/completions?${VERSION}`,
    ],
    [
      'Foundry, by its host',
      { model: 'azure_ai/m', api_base: FOUNDRY, api_version: undefined },
      `${FOUNDRY}/models/chat/completions?api-version=2024-05-01-preview`,
    ],
    [
      'Foundry as its portal shows it',
      { model: 'azure_ai/m', api_base: `${FOUNDRY}/models/chat/completions?api-version=2024-05-01-preview` },
      `${FOUNDRY}/models/chat/completions?api-version=2024-05-01-preview`,
    ],
    ['Foundry v1', { model: 'azure_ai/m', api_base: `${FOUNDRY}/openai/v1/` }, `${FOUNDRY}/openai/v1/chat/completions`],
    [
      'Foundry, a serverless endpoint',
      { model: 'azure_ai/m', api_base: 'https://m.eastus2.models.ai.azure.com' },
      'https://m.eastus2.models.ai.azure.com/v1/chat/completions',
    ],
  ];
  test.each(cases)('%s', async (_, params, url, operation = 'chat.completions') => {
    const version = String(params['model']).startsWith('azure/') ? { api_version: '2024-10-21' } : {};
    const { url: told, sent } = await sentBy({ ...version, ...params }, operation);
    expect(decodeURIComponent(sent.url)).toBe(url);
    // What people are shown has no query, where a key may be.
    expect(told).toBe(url.replace(/\?.*/, ''));
  });

  test.each([
    ['azure/d', AZURE, 'api-key'],
    ['azure/d', `${AZURE}/openai/v1`, 'api-key'],
    ['azure_ai/d', FOUNDRY, 'api-key'],
    ['azure_ai/d', 'https://m.eastus2.models.ai.azure.com', 'authorization'],
    ['openai/d', `${AZURE}/openai/v1`, 'authorization'],
  ])('%s at %s has its key in %s', async (name, api_base, header) => {
    const { sent } = await sentBy({ model: name, api_base }, 'chat.completions');
    const { 'api-key': key, authorization } = sent.headers;
    expect({ key, authorization }).toEqual(
      header === 'api-key' ? { key: 'the-key' } : { authorization: 'Bearer the-key' },
    );
  });

  test('keys in a query are secrets', () => {
    const { secrets } = parse(
      own({ model: 'openai/m', api_key: 'k', api_base: 'http://h/v1?api-key=in-query&tenant=a' }),
    );
    expect(secrets).toEqual(expect.arrayContaining(['k', 'in-query']));
    expect(secrets).not.toContain('a');
  });
});

describe('the name that is asked for', () => {
  test.each([
    ['openai/responses/gpt-5', 'gpt-5'],
    ['responses/gpt-5', 'gpt-5'],
    ['azure/responses/mine', 'mine'],
    ['azure/o_series/my-o3', 'my-o3'],
    ['openai/o_series/x', 'o_series/x'],
    ['huggingface/together/deepseek-ai/DeepSeek-R1', 'deepseek-ai/DeepSeek-R1:together'],
    ['huggingface/org/model', 'org/model'],
  ])('%s is %s', (name, sent) => {
    const { routing } = parse(own({ model: name, api_key: 'k', ...(name.startsWith('azure') && { api_base: AZURE }) }));
    expect(routing.groups['a']?.[0]?.model).toBe(sent);
  });
});

test('what is sent as by the client of OpenAI has nothing of its variables', async () => {
  const variables = {
    OPENAI_CUSTOM_HEADERS: 'authorization: Bearer slipped-in\nx-team: slipped-in',
    OPENAI_ADMIN_KEY: 'slipped-in',
    OPENAI_ORG_ID: 'slipped-in',
    OPENAI_PROJECT_ID: 'slipped-in',
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const headers = await clientHeaders();
  expect(headers).toMatchObject({ accept: 'application/json', 'content-type': 'application/json' });
  expect(headers).not.toHaveProperty('authorization');
  expect(JSON.stringify(headers)).not.toContain('slipped-in');
});

describe('a URL that cannot be right is an error that says what to write', () => {
  test.each([
    [
      'openai/m',
      'api.openai.com/v1',
      'expected a URL that begins with http:// or https://, as in https://api.openai.com',
    ],
    ['openai/m', 'localhost:8000', 'expected a URL that begins with http:// or https://, as in http://localhost'],
    [
      'openai/m',
      'https://platform.openai.com',
      'a page for people, where no model answers: write https://api.openai.com/v1',
    ],
    ['azure/m', 'https://portal.azure.com/#home', 'must not have a part that begins with #'],
    [
      'azure/m',
      'https://ai.azure.com/foundry',
      'a page for people, where no model answers: write the endpoint of the resource',
    ],
    ['azure/m', 'https://YOUR-{RESOURCE}.openai.azure.com', 'has a part in brackets, which is to be replaced'],
    ['openai/m', 'http://h/{account}/v1', 'has a part in brackets, which is to be replaced'],
    [
      'openai/m',
      `${AZURE}/openai/deployments/d`,
      'an endpoint of Azure, which is asked in a way of its own: write the model as azure/DEPLOYMENT',
    ],
    ['azure/m', 'https://api.openai.com/v1', "OpenAI's own endpoint, not Azure's: write the model as openai/m"],
    ['openai/m', 'https://user:pass@h/v1', 'must not hold a user name and a password: use api_key'],
  ])('%s at %s', (name, api_base, problem) => {
    expect(problemsOf(own({ model: name, api_key: 'k', api_base }))[0]).toContain(
      `model_list[0].litellm_params.api_base: ${problem}`,
    );
  });
});
