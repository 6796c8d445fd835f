import { expect, test } from 'vitest';
import { config, model, parse } from './helpers.js';

const hashOf = (value: unknown) => parse(value).routing.hash;

test('twelve hex digits', () => {
  expect(hashOf(config())).toMatch(/^[0-9a-f]{12}$/);
});

test('comments, the order of keys and the keys of providers do not count', () => {
  const written =
    '# mine\nmodel_list:\n- litellm_params: {api_key: other, api_base: "http://127.0.0.1:9/v1", model: m}\n  model_name: a';
  expect(hashOf(written)).toBe(
    hashOf({ model_list: [{ model_name: 'a', litellm_params: { model: 'm', api_base: 'http://127.0.0.1:9/v1' } }] }),
  );
});

test.each([
  ['a setting', config({ router_settings: { num_retries: 1 } })],
  ['another model', { model_list: [model('a'), model('b', { model: 'other' })] }],
  ['the order of deployments', { model_list: [model('b'), model('a')] }],
])('%s counts', (_, other) => {
  expect(hashOf(other)).not.toBe(hashOf(config()));
});
