import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAST, openHoldfast, PLANTED_KEY, type TestHoldfast } from '../helpers/holdfast.js';

const HEADER = 'header-planted-0123456789';

const CONFIG = {
  environment_variables: { THE_KEY: PLANTED_KEY },
  credential_list: [
    { credential_name: 'mock', credential_values: { api_base: 'MOCK', api_key: 'os.environ/THE_KEY' } },
  ],
  model_list: [
    {
      model_name: 'openai/*',
      litellm_params: { model: 'openai/*', extra_headers: { 'x-team': HEADER }, extra_body: { top_k: 3 }, rpm: 100 },
      model_info: { id: 'any' },
    },
    { model_name: 'groq/*', litellm_params: { model: 'groq/*-up' } },
  ],
  router_settings: {
    ...FAST,
    num_retries: 0,
    default_litellm_params: { litellm_credential_name: 'mock', temperature: 0.5 },
    model_group_alias: { fast: 'openai/fast-model' },
    fallbacks: [{ 'openai/broken': ['groq/spare'] }],
  },
};

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, { broken: '500' });
});
afterAll(() => holdfast.close());

const messages = [{ role: 'user' as const, content: 'hi' }];

test('a model that a wildcard serves is asked by its own name, with what the deployment and the defaults set', async () => {
  const { report } = await holdfast.client.execute({ model: 'fast', messages });
  expect(JSON.stringify(report)).not.toContain(HEADER);
  expect(JSON.stringify(report)).toContain('any/fast-model');
  const [sent] = holdfast.provider.requestsFor('fast-model');
  expect(sent?.headers).toMatchObject({ authorization: `Bearer ${PLANTED_KEY}`, 'x-team': HEADER });
  expect(sent?.body).toMatchObject({ model: 'fast-model', temperature: 0.5, top_k: 3, messages });
});

test('its fallback may be served by another wildcard', async () => {
  await holdfast.client.execute({ model: 'openai/broken', messages });
  expect(holdfast.provider.requestsFor('broken')).toHaveLength(1);
  expect(holdfast.provider.requestsFor('spare-up')).toHaveLength(1);
});
