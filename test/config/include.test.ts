import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError, parseConfig } from '../../src/config/index.js';
import { config, KEY, model } from './helpers.js';

/** Reads a config at `conf/main.yaml` beside these files. */
function read(main: unknown, files: Record<string, unknown> = {}) {
  const readText = (file: string) => {
    const content = files[file];
    if (content === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    return typeof content === 'string' ? content : stringify(content);
  };
  return parseConfig(stringify(main), { source: 'conf/main.yaml', env: {}, readText });
}

function problemsOf(main: unknown, files: Record<string, unknown>): string[] {
  try {
    read(main, files);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  }
  throw new Error('expected a ConfigError');
}

describe('what is included', () => {
  test('extends lists, and sets keys of objects', () => {
    const { routing, notes } = read(
      { ...config({ router_settings: { num_retries: 1, timeout: 5 } }), include: ['models.yaml', 'sub/more.yaml'] },
      {
        'conf/models.yaml': { model_list: [model('c')], router_settings: { num_retries: 1 } },
        'conf/sub/more.yaml': { include: 'deep.yaml', router_settings: { timeout: 9, fallbacks: [{ a: ['d'] }] } },
        'conf/sub/deep.yaml': { model_list: [model('d')], router_settings: null },
      },
    );
    expect(Object.keys(routing.groups)).toEqual(['a', 'b', 'c', 'd']);
    expect(routing.router).toMatchObject({ numRetries: 1, timeoutMs: 9000, fallbacks: [{ key: 'a' }] });
    expect(notes.map(({ path }) => path)).toEqual([
      'conf/models.yaml: router_settings.num_retries',
      'conf/sub/more.yaml: router_settings.timeout',
    ]);
  });

  test('twice counts once', () => {
    const { routing } = read(
      { include: ['x.yaml', 'y.yaml'] },
      {
        'conf/x.yaml': { include: ['y.yaml'], model_list: [model('x')] },
        'conf/y.yaml': { model_list: [model('y')] },
      },
    );
    expect(routing.groups['y']).toHaveLength(1);
  });

  test('is part of the hash as if it stood in one file', () => {
    const parts = read(
      { model_list: [model('a')], include: ['b.yaml'] },
      { 'conf/b.yaml': { model_list: [model('b')] } },
    );
    expect(parts.routing.hash).toBe(read(config()).routing.hash);
  });
});

describe('what is wrong is told with its file', () => {
  const cases: [what: string, main: unknown, files: Record<string, unknown>, problems: string[]][] = [
    [
      'a file that is not there',
      config({ include: ['b.yaml', 'no.yaml'] }),
      { 'conf/b.yaml': { include: ['gone.yaml'] } },
      [
        'include[1]: conf/no.yaml cannot be read: no such file',
        'conf/b.yaml: include[0]: conf/gone.yaml cannot be read: no such file',
      ],
    ],
    [
      'files that include each other',
      config({ include: ['x.yaml'] }),
      { 'conf/x.yaml': { include: ['../conf/y.yaml'] }, 'conf/y.yaml': { include: 'main.yaml' } },
      ['conf/y.yaml: include: files include each other: conf/main.yaml → conf/x.yaml → conf/y.yaml → conf/main.yaml'],
    ],
    [
      'a file that includes itself',
      config({ include: ['main.yaml'] }),
      {},
      ['include[0]: files include each other: conf/main.yaml → conf/main.yaml'],
    ],
    [
      'a key',
      config({ include: ['x.yaml'] }),
      { 'conf/x.yaml': { model_list: [model('c'), model('d', { order: -1 })], router_settings: { num_retires: 1 } } },
      [
        'conf/x.yaml: router_settings.num_retires: unknown key. Did you mean num_retries?',
        'conf/x.yaml: model_list[1].litellm_params.order: expected a whole number from 0 to 1000000, got -1',
      ],
    ],
    [
      'YAML',
      config({ include: ['x.yaml'] }),
      { 'conf/x.yaml': 'a: [' },
      ['conf/x.yaml: line 1, column 5: not valid YAML: the indentation does not fit the lines above'],
    ],
    [
      'a text',
      config({ include: ['x.yaml'] }),
      { 'conf/x.yaml': 'hello' },
      ['conf/x.yaml: expected an object, as in a config'],
    ],
    [
      'no name',
      config({ include: [3, ''] }),
      {},
      ['include[0]', 'include[1]'].map((at) => `${at}: expected the name of a file, or a list of them`),
    ],
  ];
  test.each(cases)('%s', (_, main, files, problems) => {
    expect(problemsOf(main, files)).toEqual(problems);
  });

  test('far too many files', () => {
    const files = Object.fromEntries(
      Array.from({ length: 150 }, (_, index) => [`conf/${index}.yaml`, { include: [`${index + 1}.yaml`] }]),
    );
    expect(problemsOf(config({ include: ['0.yaml'] }), files)).toEqual([
      'conf/98.yaml: include[0]: more than 100 files',
    ]);
  });

  test('and shows no key of another file', () => {
    const files = { 'conf/x.yaml': { router_settings: { timeout: KEY } } };
    expect(problemsOf(config({ include: ['x.yaml'] }), files).join()).not.toContain(KEY);
  });
});
