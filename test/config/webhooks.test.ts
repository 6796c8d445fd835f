import { expect, test } from 'vitest';
import { parseConfig, type LoadedConfig } from '../../src/config/index.js';
import type { ParseOptions } from '../../src/config/parse-config.js';
import { problemsIn } from './problems-in.js';

const BYTES = Buffer.alloc(32, 7);
const SECRET = `whsec_${BYTES.toString('base64')}`;

function read(webhooks: unknown, options: Partial<ParseOptions> = {}): LoadedConfig {
  const models = [{ model_name: 'a', litellm_params: { model: 'gpt-4o', api_key: 'sk-x' } }];
  return parseConfig(JSON.stringify({ model_list: models, webhooks }), { source: 'test', env: {}, ...options });
}

function problemsOf(webhooks: unknown, options: Partial<ParseOptions> = {}): string {
  return problemsIn(() => read(webhooks, options));
}

const ops = (set: object = {}) => ({ name: 'ops', url: 'https://ops.example.com/hook', secret: SECRET, ...set });

test('webhooks: where they lead stays with the config, the rules have names and events', () => {
  const config = read([ops({ secret: 'os.environ/HOOK', events: ['call.ended'] })], { env: { HOOK: SECRET } });
  expect(config.webhooks).toEqual([
    { name: 'ops', url: 'https://ops.example.com/hook', secret: BYTES, events: ['call.ended'] },
  ]);
  expect(config.routing.webhooks).toEqual([{ name: 'ops', events: ['call.ended'] }]);
  expect(config.secrets).toContain(SECRET);
});

test('none where nothing is said of them', () => {
  expect(read(null)).not.toHaveProperty('webhooks');
  expect(read([]).routing).not.toHaveProperty('webhooks');
});

test.each([
  ['no list', ops(), 'webhooks: expected a list of webhooks'],
  ['no object', ['ops'], 'webhooks[0]: expected an object with name, url and secret'],
  ['no name', [ops({ name: undefined })], 'webhooks[0].name: missing: must have 1 to 64 letters'],
  ['a name twice', [ops(), ops()], 'webhooks[1].name: the same as that of webhooks[0]'],
  ['another protocol', [ops({ url: 'ftp://x.example.com' })], 'webhooks[0].url: must be a URL: https://…'],
  [
    'no secret',
    [ops({ secret: undefined })],
    'webhooks[0].secret: missing: must be whsec_ and 24 to 64 bytes in base64',
  ],
  ['a short secret', [ops({ secret: 'whsec_QUJD' })], 'webhooks[0].secret: must be whsec_'],
  ['an event that is none', [ops({ events: ['call.end'] })], 'webhooks[0].events[0]: must be a list of call.ended'],
  ['a slip in a key', [ops({ event: ['call.ended'] })], 'webhooks[0].event: unknown key. Did you mean events?'],
])('%s', (_what, webhooks, problem) => {
  expect(problemsOf(webhooks)).toContain(problem);
  expect(problemsOf(webhooks)).not.toMatch(/whsec_[A-Z]/);
});

test('a secret whose variable is not set is an error for workers, and a note for others', () => {
  const webhooks = [ops({ secret: 'os.environ/NOT_SET' })];
  expect(problemsOf(webhooks)).toContain('NOT_SET');
  expect(read(webhooks, { requireKeys: false })).not.toHaveProperty('webhooks');
});
