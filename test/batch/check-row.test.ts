import { describe, expect, test } from 'vitest';
import { checkRow } from '../../src/batch/check-row.js';
import { chat, row } from './folder.js';

const URLS =
  '/v1/chat/completions, /v1/completions, /v1/responses, /v1/embeddings, /v1/moderations, /v1/messages, /v1/images/generations';
const ID = 'custom_id: expected a text of 1 to 512 characters, got';
const INVALID = 'body: the request is not valid:';

const check = (line: string | Buffer, settings = {}) => checkRow(Buffer.from(line as string), settings);

describe('a row', () => {
  test.each([
    ['no JSON', '{"custom_id": "a", ', /^no valid JSON: /, null],
    ['an invisible character before it', '\u00a0{}', /^no valid JSON: .*U\+00A0/, null],
    ['an invisible character behind it', `${row('a')}\uFEFF${row('b')}`, /^no valid JSON: .*: U\+FEFF$/, null],
    ['a list', '[1]', 'expected an object, got a list', null],
    ['a text', '"x"', 'expected an object, got "x"', null],
    ['null', 'null', 'expected an object, got null', null],
    ['no custom_id', '{}', 'custom_id: missing: expected a text of 1 to 512 characters', null],
    ['an empty custom_id', row(''), `${ID} ""`, null],
    ['a number for a custom_id', row(7), `${ID} 7`, null],
    ['a long custom_id', row('x'.repeat(513)), `${ID} "${'x'.repeat(58)}…`, null],
    ['another method', row('a', chat('x'), { method: 'GET' }), 'method: expected "POST", got "GET"', 'a'],
    ['no url', row('a', chat('x'), { url: undefined }), `url: missing: expected one of ${URLS}`, 'a'],
    ['an unknown url', row('a', chat('x'), { url: '/v1/files' }), `url: expected one of ${URLS}, got "/v1/files"`, 'a'],
    [
      'a url like a method of maps',
      row('a', chat('x'), { url: 'constructor' }),
      `url: expected one of ${URLS}, got "constructor"`,
      'a',
    ],
    ['no body', row('a', undefined, { body: undefined }), 'body: missing: expected an object', 'a'],
    ['a list for a body', row('a', []), 'body: expected an object, got a list', 'a'],
    ['no model', row('a', { messages: [{ role: 'user' }] }), new RegExp(`^${INVALID} model: missing`), 'a'],
    [
      'no messages',
      row('a', { model: 'fast' }),
      `${INVALID} messages: missing: expected a list of messages, at least one`,
      'a',
    ],
    [
      'a key',
      row('a', chat('x', { api_key: 'sk-secret-123456' })),
      new RegExp(`^${INVALID} api_key: (?!.*secret)`),
      'a',
    ],
    [
      'a stream',
      row('a', chat('x', { stream: true })),
      'body: stream: nobody reads along with a batch; leave it out',
      'a',
    ],
    ['brackets without end', `{"custom_id":"a","body":${'['.repeat(100_000)}`, /^no valid JSON: /, null],
    [
      'brackets within brackets',
      row('a', chat('x', { deep: 0 })).replace('"deep":0', `"deep":${'['.repeat(90_000)}${']'.repeat(90_000)}`),
      'body: the request is not valid: has more than 200 lists and objects within each other',
      'a',
    ],
  ])('%s is refused', (_name, line, problem, customId) => {
    const checked = check(line);
    expect(checked.problem).toEqual(typeof problem === 'string' ? problem : expect.stringMatching(problem));
    expect(checked.customId).toBe(customId);
  });

  test('bytes that are not UTF-8 are refused', () => {
    expect(check(Buffer.from(row('ä'), 'latin1'))).toEqual({ problem: 'expected UTF-8', customId: null });
  });

  test.each([
    ['/v1/chat/completions', 'chat.completions', chat('x')],
    ['/chat/completions', 'chat.completions', chat('x')],
    ['/v1/completions', 'completions', { model: 'fast', prompt: 'x' }],
    ['/v1/responses', 'responses', { model: 'fast', input: 'x' }],
    ['/v1/embeddings', 'embeddings', { model: 'fast', input: ['x', 'y'] }],
    ['/v1/moderations', 'moderations', { model: 'fast', input: 'x' }],
    ['/v1/messages', 'messages', { model: 'fast', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] }],
    ['/v1/images/generations', 'images.generations', { model: 'fast', prompt: 'x' }],
  ])('%s is %s', (url, operation, body) => {
    const checked = check(row('a', body, { url }));
    expect(checked).toMatchObject({ problem: null, customId: 'a', call: { operation, model: 'fast' }, request: body });
  });

  test.each([
    ['no method', row('a', chat('x'), { method: undefined })],
    ['white space around, and a carriage return', ` \t${row('a')} \r`],
    ['fields that nobody knows', row('a', chat('x', { seed: 1 }), { note: 'for me' })],
    ['stream: false', row('a', chat('x', { stream: false }))],
    ['an id of 512 characters', row('😀'.repeat(256))],
    ['letters written as escapes', row('a', chat('x'.repeat(400_000))).replaceAll('x', '\\u0078')],
  ])('%s is accepted', (_name, line) => {
    expect(check(line).problem).toBeNull();
  });

  test("a row's own settings win over the batch's, even null", () => {
    const settings = { num_retries: 5, timeout: 600, fallbacks: ['smart'] };
    const line = row('a', chat('x', { timeout: 30, fallbacks: null }));
    expect(check(line, settings)).toMatchObject({
      problem: null,
      request: { ...chat('x'), num_retries: 5, timeout: 30, fallbacks: null },
      call: { settings: { numRetries: 5, timeoutMs: 30_000 } },
    });
    expect(check(row('a'), { timeout: -1 }).problem).toMatch(/timeout: expected seconds/);
    expect(settings).toEqual({ num_retries: 5, timeout: 600, fallbacks: ['smart'] });
  });

  test('fields with the names of what objects inherit are only fields', () => {
    const line = row('a', chat('x')).replace('"model"', '"__proto__":{"stream":true},"constructor":1,"model"');
    expect(check(line)).toMatchObject({ problem: null, customId: 'a' });
  });
});
