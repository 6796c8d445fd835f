import { describe, expect, test } from 'vitest';
import { knownModel } from '../../src/batch/index.js';
import type { RowCall } from '../../src/batch/check-row.js';
import { parseConfig } from '../../src/config/index.js';

const CONFIG = `
model_list:
  - model_name: fast
    litellm_params: { model: openai/gpt-4o-mini, api_key: none }
  - model_name: prefix/*
    litellm_params: { model: openai/*, api_key: none }
`;

function check(config: string) {
  const known = knownModel(parseConfig(config, { source: 'test', env: {} }).routing);
  return (model: string, settings: RowCall['settings'] = {}) =>
    known({ operation: 'chat.completions', model, settings });
}

describe('the model of a row', () => {
  test('is known by its group or a wildcard, each time it is asked for', () => {
    const known = check(CONFIG);
    for (let time = 0; time < 2; time++) {
      expect(known('fast')).toBeNull();
      expect(known('prefix/anything')).toBeNull();
      expect(known('slow')).toBe(
        'body.model: the config of the workers has no model group "slow". There are model groups: fast, prefix/*',
      );
    }
  });

  test('is served by default_fallbacks, unless the row will have none', () => {
    const known = check(`${CONFIG}\nrouter_settings: { default_fallbacks: [fast] }`);
    expect(known('slow')).toBeNull();
    expect(known('slow', { disableFallbacks: true })).toMatch(/no model group "slow"/);
    expect(known('slow')).toBeNull();
  });

  test('tells a batch that may not ask for all of those that it may ask for alone', () => {
    const { routing } = parseConfig(CONFIG, { source: 'test', env: {} });
    const known = knownModel(routing, ['fast', 'slow']);
    expect(known({ operation: 'chat.completions', model: 'slow', settings: {} })).toMatch(
      /There are model groups: fast$/,
    );
  });

  test('any number of models can be asked for', () => {
    const known = check(CONFIG);
    for (let number = 0; number < 2500; number++) expect(known(`slow-${number}`)).toContain(`"slow-${number}"`);
    expect(known('fast')).toBeNull();
  });
});
