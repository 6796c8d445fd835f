import { expect, test } from 'vitest';
import { parseConfig, type LoadedConfig } from '../../src/config/index.js';
import type { ParseOptions } from '../../src/config/parse-config.js';
import { problemsIn } from './problems-in.js';

const HEX = 'a1'.repeat(32);
const BASE64 = Buffer.from(HEX, 'hex').toString('base64');

function read(encryption: string, options: Partial<ParseOptions> = {}): LoadedConfig {
  const text = `model_list: [{model_name: a, litellm_params: {model: gpt-4o, api_key: sk-x}}]\nencryption: ${encryption}`;
  return parseConfig(text, { source: 'test', env: {}, ...options });
}

function problemsOf(encryption: string, options: Partial<ParseOptions> = {}): string {
  return problemsIn(() => read(encryption, options));
}

test.each([
  ['hex', HEX],
  ['base64', BASE64],
  ['base64 without its end', BASE64.replace('=', '')],
  ['base64 as in URLs', BASE64.replaceAll('+', '-').replaceAll('/', '_')],
])('a key in %s', (_form, key) => {
  expect(read(`{keys: [{id: k1, key: ${key}}]}`).encryption).toEqual([{ id: 'k1', key: Buffer.from(HEX, 'hex') }]);
});

test('several keys, in their order, from variables', () => {
  const env = { ONE: HEX, TWO: 'b2'.repeat(32) };
  const { encryption } = read('{keys: [{id: k2, key: os.environ/TWO}, {id: k1, key: os.environ/ONE}]}', { env });
  expect(encryption?.map(({ id }) => id)).toEqual(['k2', 'k1']);
});

test('none where nothing is said of it', () => {
  expect(read('null')).not.toHaveProperty('encryption');
});

test.each([
  ['{}', 'encryption.keys: expected a list of keys, at least one'],
  ['{keys: []}', 'encryption.keys: expected a list of keys, at least one'],
  ['[]', 'encryption: expected an object'],
  ['{keys: [text]}', 'encryption.keys[0]: expected an object with id and key'],
  [`{keys: [{key: ${HEX}}]}`, 'encryption.keys[0].id: missing: '],
  ['{keys: [{id: k1}]}', 'encryption.keys[0].key: missing: must be 32 bytes in base64 or hex'],
  ['{keys: [{id: k1, key: c2hvcnQ=}]}', 'encryption.keys[0].key: must be 32 bytes in base64 or hex'],
  [`{keys: [{id: k1, key: ${HEX}ff}]}`, 'encryption.keys[0].key: must be 32 bytes'],
  [`{keys: [{id: a b, key: ${HEX}}]}`, 'encryption.keys[0].id: must have 1 to 64 letters'],
  [`{keys: [{id: k1, key: ${HEX}}, {id: k1, key: ${BASE64}}]}`, 'encryption.keys[1].id: the same as that of keys[0]'],
  [`{keys: [{id: k1, key: ${HEX}, keys: 1}]}`, 'encryption.keys[0].keys: unknown key. Did you mean key?'],
  [`{key: [{id: k1, key: ${HEX}}]}`, 'encryption.key: unknown key. Did you mean keys?'],
])('what is wrong is told, and never shows the key: %s', (encryption, problem) => {
  const problems = problemsOf(encryption);
  expect(problems).toContain(problem);
  expect(problems).not.toMatch(/a1a1|oaGh|c2hvcnQ/);
});

test.each([
  ['a worker', {}],
  ['a gateway', { requireKeys: false, requireGatewayKeys: true }],
  ['a command', { requireKeys: false, requireEncryptionKeys: true }],
])('a variable that is not set is an error for %s', (_who, options) => {
  const encryption = '{keys: [{id: k1, key: os.environ/NOT_SET}]}';
  expect(problemsOf(encryption, options)).toContain(
    'encryption.keys[0].key: the environment variable NOT_SET is not set',
  );
});

test('… and a note where nothing is kept', () => {
  const { notes } = read('{keys: [{id: k1, key: os.environ/NOT_SET}]}', { requireKeys: false });
  expect(notes).toMatchObject([{ path: 'encryption.keys[0].key', kind: 'missing' }]);
});

test('a key is kept out of all texts, and changes nothing of what calls do', () => {
  expect(read(`{keys: [{id: k1, key: ${HEX}}]}`).secrets).toContain(HEX);
  const { routing } = read(`{keys: [{id: k1, key: ${HEX}}]}`);
  expect(routing.hash).toBe(read(`{keys: [{id: k1, key: ${'b2'.repeat(32)}}]}`).routing.hash);
});
