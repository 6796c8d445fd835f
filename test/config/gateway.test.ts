import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/index.js';
import { problemsIn } from './problems-in.js';

const sha256 = (key: string): string => createHash('sha256').update(key).digest('hex');
const DIGEST = sha256('sk-one');

function read(general: string, { env = {}, required = true }: { env?: NodeJS.ProcessEnv; required?: boolean } = {}) {
  const text = `model_list: [{model_name: a, litellm_params: {model: gpt-4o, api_key: sk-x}}]\ngeneral_settings:\n${general}`;
  return parseConfig(text, { source: 'test', env, requireGatewayKeys: required });
}

function problemsOf(general: string, env: NodeJS.ProcessEnv = {}): string {
  return problemsIn(() => read(general, { env }));
}

describe('keys of the gateway', () => {
  test('none', () => {
    expect(read('  master_key: null').gateway).toEqual({ keys: [] });
  });

  test('the master key is kept as its digest', () => {
    expect(read('  master_key: sk-one').gateway.keys).toEqual([{ id: 'master', sha256: DIGEST }]);
    const env = { MASTER: 'sk-one' };
    expect(read('  master_key: os.environ/MASTER', { env }).gateway.keys).toEqual([{ id: 'master', sha256: DIGEST }]);
  });

  test('the master key of the environment, where the config names none', () => {
    const idsOf = (general: string, env: NodeJS.ProcessEnv) => read(general, { env }).gateway.keys;
    const env = { HOLDFAST_MASTER_KEY: 'sk-one', LITELLM_MASTER_KEY: 'sk-two' };
    expect(idsOf('  master_key:', env)).toEqual([{ id: 'master', sha256: DIGEST }]);
    expect(idsOf('  master_key:', { LITELLM_MASTER_KEY: 'sk-two' })).toEqual([
      { id: 'master', sha256: sha256('sk-two') },
    ]);
    expect(idsOf('  master_key: sk-three', env)).toEqual([{ id: 'master', sha256: sha256('sk-three') }]);
    expect(idsOf('  master_key:', { HOLDFAST_MASTER_KEY: '' })).toEqual([]);
  });

  test('keys of their own, with limits', () => {
    const { gateway } = read(
      `  global_max_parallel_requests: 50\n  api_keys:\n    - {id: team-a, sha256: ${DIGEST}, models: [a, b/*], rpm_limit: 60, max_parallel_requests: '4'}`,
    );
    expect(gateway).toEqual({
      maxParallelRequests: 50,
      keys: [{ id: 'team-a', sha256: DIGEST, models: ['a', 'b/*'], rpmLimit: 60, maxParallelRequests: 4 }],
    });
  });

  test('limits of each key, and of all bodies on their way', () => {
    const general =
      '  key_max_parallel_requests: 5\n  key_max_parallel_uploads: 2\n  key_max_stored_mb: 3\n  max_receiving_mb: 4';
    const key = `\n  api_keys: [{id: a, sha256: ${DIGEST}, max_parallel_uploads: 1, max_stored_mb: 7}]`;
    expect(read(`${general}${key}`).gateway).toEqual({
      eachKey: { maxParallelRequests: 5, maxParallelUploads: 2, maxStoredBytes: 3 * 1024 ** 2 },
      maxReceivingBytes: 4 * 1024 ** 2,
      keys: [{ id: 'a', sha256: DIGEST, maxParallelUploads: 1, maxStoredBytes: 7 * 1024 ** 2 }],
    });
  });

  test('how often streams are kept alive, in either section of LiteLLM', () => {
    const key = 'sse_keepalive_ping_interval_seconds';
    expect(read(`  ${key}: 15`).gateway.keepAliveMs).toBe(15_000);
    expect(read(`  ${key}: 0\nlitellm_settings:\n  ${key}: 5`).gateway.keepAliveMs).toBe(0);
    expect(read(`  master_key:\nlitellm_settings:\n  ${key}: '2.5'`).gateway.keepAliveMs).toBe(2500);
    expect(read('  master_key:').gateway).not.toHaveProperty('keepAliveMs');
    expect(problemsOf(`  ${key}: often`)).toContain(`general_settings.${key}: expected seconds`);
  });

  test('one whose variable is not set is a problem for the gateway, and lets nobody in elsewhere', () => {
    const general = '  master_key: os.environ/MASTER\n  api_keys: [{id: b, sha256: os.environ/DIGEST}]';
    expect(read(general, { env: { HOLDFAST_MASTER_KEY: 'sk-one' }, required: false }).gateway.keys).not.toContainEqual({
      id: 'master',
      sha256: DIGEST,
    });
    expect(problemsOf(general)).toMatch(/general_settings\.master_key: the environment variable MASTER is not set/);
    expect(problemsOf(general)).toMatch(/api_keys\[0\]\.sha256: the environment variable DIGEST is not set/);
    const { gateway, notes } = read(general, { required: false });
    expect(gateway.keys).toEqual([
      { id: 'b', sha256: null },
      { id: 'master', sha256: null },
    ]);
    expect(notes).toHaveLength(2);
  });

  test.each<[what: string, general: string, message: string]>([
    ['no list', '  api_keys: {id: a}', 'general_settings.api_keys: expected a list of keys'],
    ['no object', '  api_keys: [sk-one]', 'general_settings.api_keys[0]: expected an object with id and sha256'],
    ['no id', `  api_keys: [{sha256: ${DIGEST}}]`, 'api_keys[0].id: missing: must have 1 to 64 letters'],
    ['an id with spaces', `  api_keys: [{id: a b, sha256: ${DIGEST}}]`, 'api_keys[0].id: must have 1 to 64 letters'],
    ['a taken id', `  api_keys: [{id: master, sha256: ${DIGEST}}]`, 'must not be master or anonymous'],
    ['no digest', '  api_keys: [{id: a}]', 'api_keys[0].sha256: missing: the SHA-256 of the key'],
    [
      'a key in the place of its digest',
      '  api_keys: [{id: a, sha256: sk-planted-1234}]',
      'must be the SHA-256 of a key',
    ],
    [
      'a key that is not hashed',
      '  api_keys: [{id: a, key: sk-planted-1234}]',
      'api_keys[0].sha256: missing: the SHA-256 of the key',
    ],
    [
      'no models',
      `  api_keys: [{id: a, sha256: ${DIGEST}, models: []}]`,
      'must be a list of model groups, at least one',
    ],
    [
      'a limit of 0',
      `  api_keys: [{id: a, sha256: ${DIGEST}, rpm_limit: 0}]`,
      'api_keys[0].rpm_limit: expected a whole number from 1',
    ],
    [
      'an end that is none',
      `  api_keys: [{id: a, sha256: ${DIGEST}, expires: soon}]`,
      'must be a day, or a time with its zone',
    ],
    [
      'a time without its zone',
      `  api_keys: [{id: a, sha256: ${DIGEST}, expires: '2027-01-31T08:00'}]`,
      'must be a day, or a time with its zone',
    ],
    [
      'the next key of another one',
      `  api_keys: [{id: a, sha256: ${DIGEST}}, {id: b, sha256: ${sha256('sk-two')}, next_sha256: ${DIGEST}}]`,
      'api_keys[1].sha256: the same as that of api_keys[0]',
    ],
    [
      'an id twice',
      `  api_keys: [{id: a, sha256: ${DIGEST}}, {id: a, sha256: ${sha256('sk-two')}}]`,
      'api_keys[1].id: the same as that of api_keys[0]',
    ],
    [
      'a key twice',
      `  api_keys: [{id: a, sha256: ${DIGEST}}, {id: b, sha256: ${DIGEST}}]`,
      'api_keys[1].sha256: the same',
    ],
    ['a limit that is none', '  global_max_parallel_requests: many', 'expected a whole number from 1'],
  ])('%s', (_, general, message) => {
    const problems = problemsOf(general);
    expect(problems).toContain(message);
    expect(problems).not.toContain('planted');
  });
});
