import { describe, expect, test } from 'vitest';
import { resolvePlan } from '../../src/core/call/resolve-plan.js';
import { configuredId } from '../../src/core/plan/wildcards.js';
import { model, notesOf, parse } from './helpers.js';

describe('a model * is asked where the provider of the asked name is', () => {
  const env = { OPENAI_API_KEY: 'sk-openai', GROQ_API_KEY: 'sk-groq', GROQ_API_BASE: 'http://groq.example/v1' };
  const star = { model_list: [model('*', { model: '*', api_base: undefined, api_key: undefined })] };

  function asked(name: string, value: object = star) {
    const { routing, connections, unserved } = parse(value, env);
    const result = resolvePlan(routing, {}, name);
    if (!('plan' in result)) throw new Error('there is no plan');
    const [deployment] = Object.values(result.plan.groups)[0]?.deployments ?? [];
    const id = configuredId(deployment ?? { id: '' });
    const { provider, apiBase, apiKey } = connections[id] ?? {};
    return { model: deployment?.model, id: deployment?.id, provider, apiBase, apiKey, why: unserved[id] };
  }

  test.each([
    ['groq/llama', { model: 'llama', id: '*#*:groq/llama', apiBase: 'http://groq.example/v1', apiKey: 'sk-groq' }],
    ['gpt-4o', { model: 'gpt-4o', id: '*#*:openai/gpt-4o', apiBase: 'https://api.openai.com/v1', apiKey: 'sk-openai' }],
    ['ft:gpt-4o:x', { model: 'ft:gpt-4o:x', provider: 'openai' }],
    ['o3-mini', { model: 'o3-mini', provider: 'openai' }],
    ['openai/gpt-4o', { model: 'gpt-4o', provider: 'openai' }],
    ['text-embedding-3-small', { model: 'text-embedding-3-small', provider: 'openai' }],
    ['ollama/llama3', { model: 'llama3', provider: 'ollama', apiKey: 'no-key' }],
    [
      'claude-sonnet-4-5',
      { model: 'claude-sonnet-4-5', apiKey: undefined, why: expect.stringContaining('ANTHROPIC_API_KEY') },
    ],
    ['mistral/large', { model: 'large', apiKey: undefined, why: expect.stringContaining('MISTRAL_API_KEY') }],
    ['vertex_ai/gemini', { apiKey: undefined, why: expect.stringContaining('GOOGLE_CLOUD_PROJECT is not set') }],
    ['replicate/llama', { apiKey: undefined, why: expect.stringContaining('no endpoint of it is known') }],
    ['Qwen/Qwen3-8B', { apiKey: undefined, why: expect.stringContaining('says no provider that is known') }],
    ['my-model', { apiKey: undefined, why: expect.stringContaining('says no provider that is known') }],
  ])('%s', (name, wanted) => {
    expect(asked(name)).toMatchObject(wanted);
  });

  test('under a prefix of the group, too', () => {
    const list = { model_list: [model('team/*', { model: '*', api_base: undefined, api_key: undefined })] };
    expect(asked('team/groq/llama', list)).toMatchObject({ model: 'llama', provider: 'groq', apiKey: 'sk-groq' });
  });

  test('a key that is written goes to OpenAI only, with a note', () => {
    const list = { model_list: [model('*', { model: '*', api_base: undefined, api_key: 'sk-mine' })] };
    expect(asked('gpt-4o', list)).toMatchObject({ apiKey: 'sk-mine' });
    expect(asked('groq/llama', list)).toMatchObject({ apiKey: 'sk-groq' });
    expect(notesOf(list, env)[0]).toContain('goes to OpenAI only');
  });

  test('with an endpoint of its own, all names go there as they are', () => {
    const list = { model_list: [model('*', { model: '*', api_base: 'http://h/v1', api_key: 'k' })] };
    expect(asked('groq/llama', list)).toMatchObject({ model: 'groq/llama', apiBase: 'http://h/v1', apiKey: 'k' });
  });
});
