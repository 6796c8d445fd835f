import { describe, expect, test } from 'vitest';
import { parseRequest } from '../../src/config/index.js';
import type { Operation } from '../../src/core/common/operations.js';
import { REFUSED_KEYS, SETTING_KEYS } from '../../src/core/plan/request.js';

const request = (fields: Record<string, unknown> = {}) => ({
  model: 'a',
  messages: [{ role: 'user', content: 'hi' }],
  ...fields,
});
const read = (raw: unknown) => parseRequest('chat.completions', raw);

describe('settings of a request', () => {
  const cases: [what: string, fields: Record<string, unknown>, settings: unknown][] = [
    ['none', {}, {}],
    ['null sets nothing', Object.fromEntries(SETTING_KEYS.map((key) => [key, null])), {}],
    [
      'counts and times',
      { num_retries: 0, num_retries_per_request: '4', max_fallbacks: 1, timeout: 2.5, stream_timeout: 3 },
      { numRetries: 0, numRetriesPerRequest: 4, maxFallbacks: 1, timeoutMs: 2500, streamTimeoutMs: 3000 },
    ],
    ['a total of weeks', { timeout: 30 * 24 * 3600 }, { timeoutMs: 2_592_000_000 }],
    [
      'policies',
      { retry_policy: { RateLimitErrorRetries: 1 }, model_group_retry_policy: { a: { DefaultRetries: 2 } } },
      { retryPolicy: { RateLimitErrorRetries: 1 }, modelGroupRetryPolicy: { a: { DefaultRetries: 2 } } },
    ],
    ['no fallbacks', { disable_fallbacks: true }, { disableFallbacks: true }],
    ['whether the answer must fit its schema', { validate_schema: false }, { validateSchema: false }],
    [
      'the special lists',
      { context_window_fallbacks: [{ a: ['b'] }], content_policy_fallbacks: ['c'] },
      {
        contextWindowFallbacks: [{ key: 'a', entries: [{ group: 'b' }] }],
        contentPolicyFallbacks: [{ key: '', entries: [{ group: 'c' }] }],
      },
    ],
    ["the provider SDK's retries are ignored, whatever they are", { max_retries: 'x' }, {}],
    ['fields of the provider are not looked at', { temperature: 'hot', tools: 1, n: null }, {}],
    ['whether the answer is streamed', { stream: true }, { stream: true }],
    [
      'messages with parts, without content, with other fields',
      {
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'hi' }] },
          { role: 'assistant', content: null, tool_calls: [] },
          { role: 'tool' },
        ],
      },
      {},
    ],
  ];
  test.each(cases)('%s', (_, fields, settings) => {
    expect(read(request(fields))).toEqual({ ok: true, model: 'a', settings });
  });
});

describe('each operation has a prompt of its own', () => {
  const accepted: [operation: Operation, fields: Record<string, unknown>][] = [
    ['completions', { prompt: 'hi' }],
    ['completions', { prompt: ['one', 'two'], stream: true }],
    ['completions', { prompt: [[1, 2], [3]] }],
    ['embeddings', { input: 'hi' }],
    ['embeddings', { input: ['one', 'two'], stream: false }],
    ['embeddings', { input: [1, 2] }],
    [
      'embeddings',
      {
        input: [
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: 'http://a' } },
        ],
      },
    ],
    ['embeddings', { input: ['a', { image: 'http://a' }] }],
    ['embeddings', { input: { text: 'a' } }],
    ['embeddings', { messages: [{ role: 'user', content: 'hi' }] }],
    ['embeddings', { input: null, messages: [{ role: 'user', content: 'hi' }] }],
    ['completions', { prompt_embeds: 'AAAA' }],
    ['completions', { prompt_embeds: 'AAAA', prompt: 'hi' }],
    ['responses', { previous_response_id: 'resp_1' }],
    ['responses', { prompt: { id: 'pmpt_1' }, input: null }],
    ['moderations', { input: [{ type: 'text', text: 'hi' }] }],
    ['responses', { input: 'hi', stream: true, background: false }],
    ['responses', { input: [{ role: 'user', content: 'hi' }] }],
    ['responses', { prompt: { id: 'pmpt_1' } }],
    ['messages', { messages: [{ role: 'user', content: 'hi' }], max_tokens: 9, system: [{ type: 'text', text: 'a' }] }],
    ['messages', { messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }], stream: true }],
    ['images.generations', { prompt: 'a bird' }],
    ['images.generations', { prompt: 'a bird', response_format: 'url' }],
    ['images.generations', { prompt: 'a bird', fallbacks: [{ model: 'b', prompt: 'a fish' }] }],
  ];
  test.each(accepted)('%s: %j', (operation, fields) => {
    expect(parseRequest(operation, { model: 'a', ...fields })).toMatchObject({ ok: true });
  });

  const texts = 'expected a text, a list of texts, or tokens';
  const inputs = 'expected a text, an object, a list of these, or tokens';
  const refused: [operation: Operation, fields: Record<string, unknown>, path: string, message: string][] = [
    ['completions', {}, 'prompt', `missing: ${texts}`],
    ['completions', { prompt: [] }, 'prompt', `${texts}, got an empty list`],
    ['completions', { prompt: [{ text: 'hi' }] }, 'prompt', `${texts}, got a list`],
    ['completions', { prompt: 3, prompt_embeds: 'AAAA' }, 'prompt', `${texts}, got 3`],
    ['embeddings', { input: ['one', 2] }, 'input', `${inputs}, got a list`],
    ['embeddings', { input: [1.5] }, 'input', `${inputs}, got a list`],
    ['embeddings', { messages: null }, 'input', `missing: ${inputs}`],
    ['embeddings', { input: 'hi', stream: true }, 'stream', 'embeddings cannot be streamed'],
    ['moderations', {}, 'input', 'missing: expected a text or a list, not empty'],
    ['responses', {}, 'input', 'missing: expected a text or a list, not empty'],
    ['responses', { input: 3 }, 'input', 'expected a text or a list, not empty, got 3'],
    [
      'responses',
      { input: 'hi', background: true },
      'background',
      'not accepted: a call waits for its answer by itself, whatever happens meanwhile',
    ],
    ['messages', { max_tokens: 9 }, 'messages', 'missing: expected a list of messages, at least one'],
    [
      'messages',
      { messages: [{ role: 'user', content: 3 }] },
      'messages[0].content',
      'expected a text, a list, or null, got 3',
    ],
    ['images.generations', { prompt: 3 }, 'prompt', 'expected a text, got 3'],
    [
      'images.generations',
      { prompt: 'a bird', response_format: 'png' },
      'response_format',
      'expected "url" or "b64_json", got "png"',
    ],
    [
      'images.generations',
      { prompt: 'a bird', fallbacks: [{ model: 'b', prompt: 3 }] },
      'fallbacks[0].prompt',
      'expected a text, got 3',
    ],
    ['images.generations', { prompt: 'a bird', stream: true }, 'stream', 'images.generations cannot be streamed'],
  ];
  test.each(refused)('not accepted by %s: %j', (operation, fields, path, message) => {
    expect(parseRequest(operation, { model: 'a', ...fields })).toEqual({ ok: false, problems: [{ path, message }] });
  });
});

describe('what is wrong with a request', () => {
  const cases: [what: string, raw: unknown, path: string, message: string][] = [
    ['a text', 'hi', '', 'expected an object with model and messages, got "hi"'],
    ['null', null, '', 'expected an object with model and messages, got null'],
    ['a list', [request()], '', 'expected an object with model and messages, got a list'],
    [
      'no model',
      { messages: request().messages },
      'model',
      'missing: expected a name of 1 to 200 characters, without control characters',
    ],
    [
      'an empty model',
      request({ model: '' }),
      'model',
      'expected a name of 1 to 200 characters, without control characters, got ""',
    ],
    [
      'a model that is too long',
      request({ model: 'x'.repeat(201) }),
      'model',
      `expected a name of 1 to 200 characters, without control characters, got "${'x'.repeat(58)}…`,
    ],
    ['no messages', { model: 'a' }, 'messages', 'missing: expected a list of messages, at least one'],
    [
      'empty messages',
      request({ messages: [] }),
      'messages',
      'expected a list of messages, at least one, got an empty list',
    ],
    [
      'a text for messages',
      request({ messages: 'hi' }),
      'messages',
      'expected a list of messages, at least one, got "hi"',
    ],
    [
      'a message that is a text',
      request({ messages: ['hi'] }),
      'messages[0]',
      'expected an object with a role, got "hi"',
    ],
    [
      'a message without a role',
      request({ messages: [{ content: 'hi' }] }),
      'messages[0].role',
      'missing: expected a text',
    ],
    ['a role that is no text', request({ messages: [{ role: 3 }] }), 'messages[0].role', 'expected a text, got 3'],
    [
      'content that is a number',
      request({ messages: [{ role: 'user', content: 3 }] }),
      'messages[0].content',
      'expected a text, a list, or null, got 3',
    ],
    ['a stream that is neither', request({ stream: 'yes' }), 'stream', 'expected true or false, got "yes"'],
    [
      'a time-out of 0',
      request({ timeout: 0 }),
      'timeout',
      'expected seconds, more than 0 and at most 31622400, got 0',
    ],
    [
      'a negative count',
      request({ num_retries: -1 }),
      'num_retries',
      'expected a whole number from 0 to 1000000, got -1',
    ],
    [
      'a variable, which a request has none of',
      request({ num_retries: 'os.environ/HOME' }),
      'num_retries',
      'expected a whole number from 0 to 1000000, got "os.environ/HOME"',
    ],
    [
      'an unknown policy field',
      request({ retry_policy: { RateLimitErorRetries: 1 } }),
      'retry_policy.RateLimitErorRetries',
      'unknown key. Did you mean RateLimitErrorRetries?',
    ],
    ['a flag that is none', request({ disable_fallbacks: 1 }), 'disable_fallbacks', 'expected true or false, got 1'],
  ];
  test.each(cases)('%s', (_, raw, path, message) => {
    expect(read(raw)).toEqual({ ok: false, problems: [{ path, message }] });
  });

  test.each(REFUSED_KEYS)('%s, also when it is null, and its value is not shown', (key) => {
    for (const value of ['very-private', { authorization: 'very-private' }, null]) {
      const result = read(request({ [key]: value }));
      expect(result).toMatchObject({ ok: false, problems: [{ path: key }] });
      expect(JSON.stringify(result)).toContain('not accepted, because');
      expect(JSON.stringify(result)).not.toContain('very-private');
    }
  });

  test('all problems are told at once, and of very many the first', () => {
    const result = read({ messages: Array.from({ length: 1000 }, () => 1), timeout: 0 });
    expect(result.ok ? [] : result.problems).toHaveLength(100);
  });
});
