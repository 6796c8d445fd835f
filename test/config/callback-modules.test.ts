import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError, parseConfig } from '../../src/config/index.js';
import { config, notesOf } from './helpers.js';

const FILES: Readonly<Record<string, string>> = {
  [resolve('conf/log.mjs')]: 'throw new Error("a config is read, and what it names is not run")',
  [resolve('conf/more/metrics.ts')]: '',
  'conf/more/more.yaml': stringify({ router_settings: { callbacks: ['metrics.ts'] } }),
};

/** Reads a config at `conf/main.yaml`, with these callbacks. */
function read(callbacks: unknown, { include, env = {} }: { include?: string; env?: NodeJS.ProcessEnv } = {}) {
  const text = stringify({ ...config({ router_settings: { callbacks } }), ...(include && { include }) });
  const readText = (file: string) => {
    const content = FILES[file];
    if (content === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    return content;
  };
  return parseConfig(text, { source: 'conf/main.yaml', env, readText });
}

function problemOf(callbacks: unknown): string {
  try {
    read(callbacks);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

describe('the modules with callbacks', () => {
  test.each([
    ['none', undefined, []],
    ['none, written out', null, []],
    ['one', 'log.mjs', [{ file: resolve('conf/log.mjs'), path: 'router_settings.callbacks' }]],
    ['a list', ['./log.mjs'], [{ file: resolve('conf/log.mjs'), path: 'router_settings.callbacks[0]' }]],
    ['an absolute path', resolve('conf/log.mjs'), [{ file: resolve('conf/log.mjs') }]],
    [
      'one of them twice',
      ['more/../log.mjs', 'log.mjs', 'more/metrics.ts'],
      [{ file: resolve('conf/log.mjs') }, { file: resolve('conf/more/metrics.ts') }],
    ],
  ])('%s', (_, callbacks, expected) => {
    expect(read(callbacks).callbacks).toMatchObject(expected);
  });

  test('of an included file lie beside that file', () => {
    expect(read(['log.mjs'], { include: 'more/more.yaml' }).callbacks).toEqual([
      { file: resolve('conf/log.mjs'), path: 'router_settings.callbacks[0]' },
      { file: resolve('conf/more/metrics.ts'), path: 'conf/more/more.yaml: router_settings.callbacks[0]' },
    ]);
  });

  test('may be named by variables', () => {
    expect(read(['os.environ/MODULE'], { env: { MODULE: 'log.mjs' } }).callbacks).toHaveLength(1);
    const unset = config({ router_settings: { callbacks: ['os.environ/MODULE'] } });
    expect(notesOf(unset, {}, false)).toEqual([expect.stringContaining('MODULE is not set')]);
  });
});

describe('a config is refused, with the path and what is expected, when', () => {
  test.each([
    [
      'there is no such file',
      ['log.mjs', 'gone.ts'],
      `conf/main.yaml: router_settings.callbacks[1]: ${resolve('conf/gone.ts')} cannot be read: no such file`,
    ],
    [
      'it is no module, as in configs of LiteLLM',
      'custom_callbacks.proxy_handler_instance',
      'conf/main.yaml: router_settings.callbacks: expected a module that ends with one of .js .mjs .cjs .ts .mts .cts',
    ],
    ['it is no path', { onSuccess: 'log.mjs' }, 'router_settings.callbacks: expected the path of a module'],
    ['it is an empty path', [' '], 'router_settings.callbacks[0]: expected the path of a module'],
  ])('%s', (_, callbacks, message) => {
    expect(problemOf(callbacks)).toContain(message);
  });
});

test('callbacks of LiteLLM are Python: a note leads to ours', () => {
  const theirs = { callbacks: ['langfuse'], success_callback: ['x'], failure_callback: ['y'] };
  const notes = notesOf(config({ litellm_settings: theirs, callback_settings: {} }));
  expect(notes).toHaveLength(4);
  for (const note of notes) expect(note).toContain('are named by router_settings.callbacks');
});
