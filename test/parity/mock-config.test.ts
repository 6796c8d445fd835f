import { expect, test } from 'vitest';
import { withUpstream } from './mock-config.js';

const URLS = { mock: 'http://mock:1', down: 'http://down:2' };

test.each<[string, unknown, unknown]>([
  [
    'for OpenAI, MOCK is the base with /v1',
    { model: 'openai/x', api_base: 'MOCK' },
    { model: 'openai/x', api_base: 'http://mock:1/v1' },
  ],
  ['for a provider that speaks like it, too', { model: 'groq/x', api_base: 'MOCK' }, { api_base: 'http://mock:1/v1' }],
  ['for Azure it is the base alone', { model: 'azure/x', api_base: 'MOCK' }, { api_base: 'http://mock:1' }],
  [
    'Azure may be named beside the model',
    { model: 'x', custom_llm_provider: 'azure', api_base: 'MOCK' },
    { api_base: 'http://mock:1' },
  ],
  ['azure_ai is not Azure', { model: 'azure_ai/x', api_base: 'MOCK' }, { api_base: 'http://mock:1/v1' }],
  ['a path of its own stays', { model: 'openai/x', api_base: 'MOCK/v1' }, { api_base: 'http://mock:1/v1' }],
  ['also for Azure', { model: 'azure/x', api_base: 'MOCK/openai/v1/' }, { api_base: 'http://mock:1/openai/v1/' }],
  ['a slash alone is no path', { model: 'openai/x', api_base: 'MOCK/' }, { api_base: 'http://mock:1/v1' }],
  ['MOCK_DOWN is the closed port', { model: 'openai/x', api_base: 'MOCK_DOWN' }, { api_base: 'http://down:2/v1' }],
  ['names that only begin like it stay', { api_base: 'MOCKED', base_url: 'MOCK' }, { base_url: 'http://mock:1/v1' }],
  ['other keys stay', { model_name: 'MOCK', tags: ['MOCK'] }, { model_name: 'MOCK', tags: ['MOCK'] }],
  [
    'variables of the environment may hold it',
    { environment_variables: { BASE: 'MOCK', KEY: 'sk-x' } },
    { environment_variables: { BASE: 'http://mock:1/v1', KEY: 'sk-x' } },
  ],
])('%s', (_name, params, expected) => {
  const config = { model_list: [{ litellm_params: params }], router_settings: null };
  expect(withUpstream(config, URLS)).toMatchObject({
    model_list: [{ litellm_params: expected }],
    router_settings: null,
  });
});
