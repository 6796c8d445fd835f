import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact, redactedMessage } from '../../../src/core/common/redact.js';

describe('what looks like a secret is masked', () => {
  const cases: [what: string, text: string, clean: string][] = [
    ['a bearer token', 'Authorization: Bearer abc.def-123', 'Authorization: [redacted] [redacted]'],
    ['a bearer token without its header', 'sent BEARER abc.def-123', 'sent BEARER [redacted]'],
    ['basic credentials', 'Basic dXNlcjpwYXNz', 'Basic [redacted]'],
    ['a key of OpenAI', 'Incorrect API key provided: sk-proj-abc123DEF.', 'Incorrect API key provided: [redacted]'],
    ['a key that the provider masked in part', 'key provided: sk-ab********yz', 'key provided: [redacted]'],
    ['keys of other providers', 'gsk_0123456789 hf_abcdefgh xai-1234567', '[redacted] [redacted] [redacted]'],
    ['a key of Google', 'AIzaSyA1234567890abcdefghij', '[redacted]'],
    ['a JSON web token', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc', 'got [redacted]'],
    ['a query string', 'GET /v1?key=abcd1234&x=1', 'GET /v1?key=[redacted]&x=1'],
    ['an assignment in quotes', '{"api_key": "0123abcd"}', '{"api_key": "[redacted]"}'],
    [
      'an assignment in escaped quotes',
      String.raw`{\"api-key\":\"0123abcd\"}`,
      String.raw`{\"api-key\":\"[redacted]\"}`,
    ],
    ['a header', 'Ocp-Apim-Subscription-Key: 0123abcd', 'Ocp-Apim-Subscription-Key: [redacted]'],
    ['a variable of the environment', 'AZURE_API_KEY=0123abcd', 'AZURE_API_KEY=[redacted]'],
    ['a secret of a client', 'client_secret=0123abcd', 'client_secret=[redacted]'],
    ['a token with a name of several words', 'access-token: 0123abcd', 'access-token: [redacted]'],
    ['the same as one word', 'accessToken=0123abcd apikey=0123abcd', 'accessToken=[redacted] apikey=[redacted]'],
    ['a bearer token after several blanks', 'Bearer   abc.def-123', 'Bearer [redacted]'],
    ['a password', "password: 'hunter22'", "password: '[redacted]'"],
    ['the user part of an address', 'http://user:pass@proxy:3128/x', 'http://[redacted]@proxy:3128/x'],
  ];
  test.each(cases)('%s', (_, text, clean) => {
    expect(redact(text)).toBe(clean);
  });
});

test.each([
  'The model `gpt-4o` does not exist',
  'max_tokens: 4096 is too large',
  'monkey: banana',
  'ask-me-anything and risk-management',
  'see https://platform.openai.com/account/api-keys.',
  'write to help@example.com',
])('ordinary text stays: %s', (text) => {
  expect(redact(text)).toBe(text);
});

test.each([
  ['wherever it stands', ['hunter22'], 'a hunter22 b hunter22', 'a [redacted] b [redacted]'],
  ['and the longer of two that begin alike leaves no end', ['abcd', 'abcdefgh'], 'x abcdefgh y', 'x [redacted] y'],
  ['even one of four characters', ['abcd'], 'abcd', '[redacted]'],
  ['but one of three characters is a placeholder', ['abc'], 'abc', 'abc'],
])('a known secret is masked, %s', (_, secrets, text, clean) => {
  expect(redact(text, secrets)).toBe(clean);
});

test('of a very long text the beginning is kept, and ends before a secret rather than in it', () => {
  const [key, longer] = ['0123456789abcdef', 'zz0123456789abcdefzz'];
  for (let before = 9_970; before <= 10_001; before++) {
    const text = `${'x'.repeat(before)}${longer}${'y'.repeat(10_000)}`;
    const clean = redact(text, [key, longer]);
    expect(clean.slice(0, 9_970)).toBe('x'.repeat(9_970));
    expect(clean.replaceAll('x', '').replace('[redacted]', '').replaceAll('y', '')).toBe('');
    expect(clean.length).toBeLessThanOrEqual(10_000);
  }
  expect(redact(`${key} ${'x'.repeat(20_000)}`, [key])).toBe(`[redacted] ${'x'.repeat(9_983)}`);
});

const secret = fc.string({ minLength: 8, maxLength: 60, unit: fc.constantFrom(...'abcXYZ0189-_.+/=*!'.split('')) });

test('no known key is left in any text, at any place', () => {
  const texts = fc.array(fc.string({ maxLength: 20 }), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(fc.uniqueArray(secret, { minLength: 1, maxLength: 3 }), texts, (secrets, around) => {
      const text = around.join(secrets.join(' '));
      const clean = redact(text, secrets);
      expect(secrets.filter((key) => clean.includes(key))).toEqual([]);
    }),
  );
});

test('an unknown key is masked in the forms in which keys are written', () => {
  const body = fc.string({ minLength: 20, maxLength: 60, unit: fc.constantFrom(...'abcXYZ0189'.split('')) });
  const form = fc.constantFrom<(key: string) => string>(
    (key) => `sk-${key}`,
    (key) => `sk-proj-${key}`,
    (key) => `AIza${key}`,
    (key) => `Bearer ${key}`,
    (key) => `api_key=${key}`,
    (key) => `"apiKey": "${key}"`,
    (key) => `x-api-key: ${key}`,
    (key) => `OPENAI_API_KEY=${key}`,
    (key) => `?access_token=${key}&v=1`,
    (key) => `https://me:${key}@host/`,
  );
  const words = fc.array(fc.lorem({ maxCount: 3 }), { minLength: 2, maxLength: 2 });
  fc.assert(
    fc.property(body, form, words, (key, write, around) => {
      expect(redactedMessage(around.join(` ${write(key)} `))).not.toContain(key);
    }),
  );
});

test('a text that was redacted does not change again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.lorem()), (text) => {
      expect(redact(redact(text))).toBe(redact(text));
    }),
  );
});

test.each([
  ['a message of several lines is put on one', '  a\n\tb  c ', 'a b c'],
  ['300 characters stay', 'x'.repeat(300), 'x'.repeat(300)],
  ['more are cut', 'x'.repeat(301), `${'x'.repeat(299)}…`],
  [
    'a key is masked before the cut, so none is cut in half',
    `${'x '.repeat(145)}sk-${'y'.repeat(40)}`,
    `${'x '.repeat(145)}[redacted]`,
  ],
])('%s', (_, text, message) => {
  expect(redactedMessage(text)).toBe(message);
});

test('what looks like the beginning of a secret again and again takes no longer than other text', () => {
  // Of a processor: others may have it meanwhile.
  const time = (text: string) => {
    const start = process.cpuUsage();
    redact(text);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
  const length = 100_000;
  const plain = Math.max(5, time('a word '.repeat(length / 7)));
  for (const part of ['eyJ-', 'eyJaaaaaaaaaaa-', 'key ', 'key=', 'sk-', 'bearer ', '://a']) {
    expect(time(part.repeat(length / part.length))).toBeLessThan(100 * plain);
  }
});
