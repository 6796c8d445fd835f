import { describe, expect, test } from 'vitest';
import { MESSAGES_APIS } from '../../src/config/tables/messages-apis.js';
import { PROVIDER_NAMES } from '../../src/config/tables/known-providers.js';
import { names, readPage, section, tableOf } from '../docs/markdown.js';
import { own, parse } from './helpers.js';

const baseOf = (params: Record<string, unknown>) =>
  Object.values(parse(own({ api_key: 'k', ...params })).connections)[0]?.messages;

describe('the Messages API', () => {
  test.each([
    ['anthropic/m', undefined, 'https://api.anthropic.com/v1'],
    ['claude-m', undefined, 'https://api.anthropic.com/v1'],
    ['anthropic/m', 'http://h', 'http://h/v1'],
    ['anthropic/m', 'http://h/v1/messages', 'http://h/v1'],
    ['anthropic/m', 'http://h/anthropic', 'http://h/anthropic/v1'],
    ['litellm_proxy/m', 'http://h:4000', 'http://h:4000/v1'],
    ['openrouter/a/m', undefined, 'https://openrouter.ai/api/v1'],
    ['deepseek/m', undefined, 'https://api.deepseek.com/anthropic/v1'],
    ['deepseek/m', 'https://api.deepseek.com/beta', 'https://api.deepseek.com/anthropic/v1'],
    ['moonshot/m', undefined, 'https://api.moonshot.ai/anthropic/v1'],
    ['moonshot/m', 'http://h/kimi/v1', 'http://h/kimi/anthropic/v1'],
    ['minimax/m', undefined, 'https://api.minimax.io/anthropic/v1'],
    ['minimax/m', 'https://api.minimax.io/anthropic/v1/messages', 'https://api.minimax.io/anthropic/v1'],
    ['zai/m', undefined, 'https://api.z.ai/api/anthropic/v1'],
    ['zai/m', 'https://api.z.ai/api/coding/paas/v4', 'https://api.z.ai/api/anthropic/v1'],
    ['zai/m', 'https://api.z.ai/api/anthropic', 'https://api.z.ai/api/anthropic/v1'],
    ['databricks/m', 'https://h/serving-endpoints', 'https://h/serving-endpoints/anthropic/v1'],
    ['bedrock_mantle/m', 'https://h/v1', 'https://h/anthropic/v1'],
    ['ollama/m', undefined, 'http://localhost:11434/v1'],
    ['hosted_vllm/m', 'http://h:8000/v1', 'http://h:8000/v1'],
  ])('of %s at %s is at %s', (model, api_base, base) => {
    expect(baseOf({ model, ...(api_base !== undefined && { api_base }) })?.base).toBe(base);
  });

  test.each(['openai/m', 'groq/m', 'mistral/m'])('%s has none', (model) => {
    expect(baseOf({ model })).toBeUndefined();
  });

  test('each row is of a known provider, and says where it is from', () => {
    for (const [provider, { source }] of Object.entries(MESSAGES_APIS)) {
      expect(PROVIDER_NAMES).toContain(provider);
      expect(source).toMatch(/^https:\/\//);
    }
  });

  test('docs/configuration.md has those that have it, with path and place of the key', () => {
    const rows = tableOf(section(readPage('docs/configuration.md'), 'The Messages API'));
    const documented = rows.map(([prefix = '', path = '', key = '']) => [...names(prefix), ...names(path), key]);
    const known = Object.entries(MESSAGES_APIS).map(
      ([
        prefix,
        {
          base: [, instead],
          keyIn,
        },
      ]) => [prefix, `${instead}/messages`, keyIn === 'bearer' ? keyIn : `\`${keyIn}\``],
    );
    expect(documented).toEqual(known);
  });
});
