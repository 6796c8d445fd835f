import { describe, expect, test } from 'vitest';
import { handedOn, providerHeaders } from '../../../src/core/common/provider-headers.js';

const KEY = 'sk-planted-0123456789abcdef';

describe('the headers of a provider that are handed on', () => {
  test('limits, times and ids; nothing else', () => {
    const headers = {
      'content-type': 'application/json',
      'x-ratelimit-limit-requests': '5000',
      'anthropic-ratelimit-tokens-remaining': '10',
      'openai-processing-ms': '12',
      'openai-organization': 'acme',
      'set-cookie': 'a=b',
      'x-request-id': 'req_1',
      'apim-request-id': 'abc',
    };
    expect(providerHeaders(Object.entries(headers), [])).toEqual({
      'x-ratelimit-limit-requests': '5000',
      'anthropic-ratelimit-tokens-remaining': '10',
      'openai-processing-ms': '12',
      'x-request-id': 'req_1',
      'apim-request-id': 'abc',
    });
  });

  test.each([
    'x-ratelimit-reset-tokens',
    'anthropic-ratelimit-requests-limit',
    'anthropic-organization-id',
    'openai-version',
    'openai-model',
    'request-id',
    'x-ms-region',
    'x-ms-client-request-id',
    'x-groq-region',
    'cf-ray',
  ])('%s, and no other that has it within its name', (name) => {
    const others = [`my-${name}`, ...(name.includes('ratelimit') ? [] : [`${name}-of-mine`])];
    expect(
      providerHeaders(
        [name, ...others].map((each) => [each, 'a']),
        [],
      ),
    ).toEqual({ [name]: 'a' });
  });

  test("those that a proxy of LiteLLM's hands on are its provider's", () => {
    expect(providerHeaders([['llm_provider-x-ratelimit-limit-tokens', '7']], [])).toEqual({
      'x-ratelimit-limit-tokens': '7',
    });
  });

  test('without secrets, and no more than a history may hold', () => {
    const many = Array.from({ length: 100 }, (_, index) => [`x-ratelimit-${index}`, 'x'.repeat(1000)] as const);
    const kept = Object.entries(providerHeaders([['request-id', `id ${KEY}`], ...many], [KEY]));
    expect(kept).toHaveLength(40);
    expect(kept[0]?.[1]).not.toContain('planted');
    expect(kept[1]?.[1]).toHaveLength(200);
  });

  test("reach the client as they are and under LiteLLM's prefix; the request's id is the gateway's own", () => {
    expect(handedOn({ 'x-request-id': 'req_1', 'openai-processing-ms': '12' })).toEqual({
      'llm_provider-x-request-id': 'req_1',
      'openai-processing-ms': '12',
      'llm_provider-openai-processing-ms': '12',
    });
  });
});
