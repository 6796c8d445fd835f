import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../../../src/core/common/operations.js';
import {
  bodyForEntry,
  providerBody,
  REFUSED_KEYS,
  requestLine,
  SETTING_KEYS,
  takenOut,
} from '../../../src/core/plan/request.js';

const messages = [{ role: 'user', content: 'hi' }];

test('the settings of a request, and what it may not carry', () => {
  expect([...SETTING_KEYS].toSorted()).toEqual([
    'content_policy_fallbacks',
    'context_window_fallbacks',
    'disable_fallbacks',
    'fallbacks',
    'max_fallbacks',
    'max_retries',
    'model_group_retry_policy',
    'num_retries',
    'num_retries_per_request',
    'retry_policy',
    'stream_timeout',
    'timeout',
    'validate_schema',
  ]);
  expect(REFUSED_KEYS).toEqual(['api_key', 'api_base', 'extra_headers']);
});

describe('the body for the provider', () => {
  const settings = Object.fromEntries(SETTING_KEYS.map((key) => [key, 1]));
  test.each([
    [
      'settings and model are left out, the rest is sent as it is',
      { model: 'a', messages, n: 2, ...settings },
      { messages, n: 2 },
    ],
    ['metadata of others is sent', { messages, metadata: { user: 'me' } }, { messages, metadata: { user: 'me' } }],
    [
      'metadata of ours is left out',
      { messages, metadata: { user: 'me', holdfast: { a: 1 } } },
      { messages, metadata: { user: 'me' } },
    ],
    ['and with it metadata that holds nothing else', { messages, metadata: { holdfast: {} } }, { messages }],
    ['metadata that is empty is the caller’s', { messages, metadata: {} }, { messages, metadata: {} }],
    [
      'metadata that is no object is the provider’s to refuse',
      { messages, metadata: 'x' },
      { messages, metadata: 'x' },
    ],
    [
      "what is LiteLLM's own is left out, at the top and inside metadata",
      {
        messages,
        tags: ['a'],
        cache: { 'no-cache': true },
        litellm_session_id: 'x',
        mock_testing_fallbacks: true,
        'no-log': true,
        metadata: { tags: ['a'], user_api_key_alias: 'me', trace_id: 't', customer: 'acme' },
      },
      { messages, metadata: { customer: 'acme' } },
    ],
    ['nor null', { messages, metadata: null }, { messages, metadata: null }],
  ])('%s', (_, request, body) => {
    expect(providerBody(request)).toEqual(body);
  });
});

test("what of a request is LiteLLM's own: named, but for what is ours", () => {
  expect(
    takenOut({ messages, tags: [], drop_params: true, metadata: { tags: [], holdfast: {}, customer: 'a' } }),
  ).toEqual(['tags', 'drop_params', 'metadata.tags']);
  expect(takenOut({ messages, metadata: ['tags'], user: 'me', store: true })).toEqual([]);
});

test('a fallback entry changes the body for its group only', () => {
  const body = { messages, temperature: 1 };
  expect([
    bodyForEntry(body, { group: 'b', body: { temperature: 0, n: 2 } }),
    bodyForEntry(body, { group: 'c' }),
  ]).toEqual([{ messages, temperature: 0, n: 2 }, body]);
  expect(body).toEqual({ messages, temperature: 1 });
});

describe('a request in a line', () => {
  const parts = [{ type: 'image_url' }, { type: 'text', text: 'what is\n this?' }];
  test.each([
    ['the last message', [{ content: 'first' }, { content: 'last' }], 'last (2 messages)'],
    ['one message', messages, 'hi'],
    ['a prompt that is text', 'hello  there', 'hello there'],
    ['a message in parts: the last text', [{ content: parts }], 'what is this?'],
    ['a message without text', [{ content: [{ type: 'image_url' }] }], ''],
    ['a message without content', [{ role: 'assistant', content: null }], ''],
    ['no messages', [], ''],
    ['no prompt', undefined, ''],
    ['a prompt that is no text', 7, ''],
    ['a long text is cut', 'x'.repeat(161), `${'x'.repeat(157)}…`],
    ['a text that just fits is not', 'x'.repeat(160), 'x'.repeat(160)],
    ['a long text is cut between characters', '漢'.repeat(54), `${'漢'.repeat(52)}…`],
  ])('%s', (_, prompt, line) => {
    expect(requestLine('chat.completions', { messages: prompt })).toBe(line);
  });

  const others: [what: string, operation: Operation, request: Record<string, unknown>, line: string][] = [
    ['a completion', 'completions', { prompt: 'Once upon' }, 'Once upon'],
    ['several inputs', 'embeddings', { input: ['one', 'two'] }, 'two (2 inputs)'],
    ['an input in tokens, which nobody can read', 'embeddings', { input: [1, 2, 3] }, ''],
    [
      'items of a response',
      'responses',
      { input: [{ role: 'system', content: 'Be short.' }, { content: [{ type: 'input_text', text: 'hi' }] }] },
      'hi (2 items)',
    ],
    ['an image', 'images.generations', { prompt: 'a bird' }, 'a bird'],
  ];
  test.each(others)('%s', (_, operation, request, line) => {
    expect(requestLine(operation, request)).toBe(line);
  });

  test('any text stays below 160 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('\u0000', 'a', 'ß', '€', '漢', '😀'), maxLength: 200 }), (text) => {
        expect(Buffer.byteLength(requestLine('chat.completions', { messages: text }))).toBeLessThanOrEqual(160);
      }),
    );
  });
});
