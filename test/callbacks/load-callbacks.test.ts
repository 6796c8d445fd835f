import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCallbacks } from '../../src/callbacks/load-callbacks.js';
import { ConfigError } from '../../src/config/index.js';
import { codeBlocks, readPage } from '../docs/markdown.js';
import { SUCCESS } from './events.js';

const SECRET = 'private-0123456789';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-callbacks-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Each file has a name of its own: Node loads a module once. */
let files = 0;
async function load(extension: string, text: string, limitMs?: number) {
  const file = join(folder, `module-${(files += 1)}${extension}`);
  await writeFile(file, text);
  const config = { source: 'holdfast.yaml', secrets: [SECRET], callbacks: [{ file, path: 'the.path' }] };
  return { file, callbacks: await loadCallbacks(config, limitMs) };
}

const problemOf = async (extension: string, text: string, limitMs?: number): Promise<string> => {
  const error: unknown = await load(extension, text, limitMs).catch((reason: unknown) => reason);
  if (!(error instanceof ConfigError)) throw new Error('expected a ConfigError', { cause: error });
  return error.message.replaceAll(folder, '');
};

describe('a module may export its callbacks', () => {
  test.each([
    ['by name', '.mjs', 'export const onSuccess = ({ group }) => group; export const other = 1;', ['onSuccess']],
    [
      'as one object by default',
      '.mjs',
      'export default { async onSuccess({ group }) { return group; }, onFailure() {} };',
      ['onSuccess', 'onFailure'],
    ],
    [
      'both ways: what is exported by name counts',
      '.mjs',
      'export const onSuccess = ({ group }) => group; export default { onSuccess() {}, onFallback() {} };',
      ['onSuccess', 'onFallback'],
    ],
    [
      'as an object of a class',
      '.mjs',
      'class Log { group = (event) => event.group; onSuccess(event) { return this.group(event); } } export default new Log();',
      ['onSuccess'],
    ],
    ['from CommonJS', '.cjs', 'module.exports = { onSuccess: ({ group }) => group };', ['onSuccess']],
    ['in CommonJS by name', '.cjs', 'exports.onSuccess = ({ group }) => group;', ['onSuccess']],
    [
      'in TypeScript, with types and top-level await',
      '.ts',
      `import type { SuccessEvent } from 'holdfast';
       enum Part { Group = 'group' }
       const part: Part = await Promise.resolve(Part.Group);
       export async function onSuccess(event: SuccessEvent): Promise<string> { return event[part]; }`,
      ['onSuccess'],
    ],
    [
      'in TypeScript, as CommonJS',
      '.cts',
      'export const onSuccess = ({ group }: { group: string }) => group;',
      ['onSuccess'],
    ],
  ])('%s', async (_, extension, text, names) => {
    const { file, callbacks } = await load(extension, text);
    expect(callbacks.map(({ name, file: its }) => [name, its])).toEqual(names.map((name) => [name, file]));
    expect(await callbacks[0]?.call(SUCCESS)).toBe(SUCCESS.group);
  });

  test('a module in TypeScript may import others', async () => {
    await writeFile(
      join(folder, 'helper.ts'),
      'export const groupOf = (event: { group: string }): string => event.group;',
    );
    const { callbacks } = await load(
      '.mts',
      "import { groupOf } from './helper.ts'; export const onSuccess = groupOf;",
    );
    expect(callbacks[0]?.call(SUCCESS)).toBe(SUCCESS.group);
  });
});

test('the example of docs/callbacks.md is a module with all three', async () => {
  const [example] = codeBlocks(readPage('docs/callbacks.md')).filter(({ mark }) => mark === 'callbacks');
  const { callbacks } = await load('.ts', example?.code ?? '');
  expect(callbacks.map(({ name }) => name)).toEqual(['onSuccess', 'onFailure', 'onFallback']);
});

describe('a module is refused, with its path and what to do, when', () => {
  test.each([
    ['it throws', '.mjs', 'throw new Error("no database");', 'cannot be loaded: no database'],
    ['its error has a key in it', '.mjs', `throw new Error("401 for ${SECRET}");`, '401 for [redacted]'],
    [
      'it throws something strange',
      '.mjs',
      'throw Object.create(null);',
      'cannot be loaded: an error that cannot be shown',
    ],
    ['it is no JavaScript', '.mjs', 'export const onSuccess = = 3;', 'cannot be loaded: '],
    ['it is no TypeScript', '.ts', 'export const onSuccess: = 3;', 'cannot be loaded: '],
    ['it imports what is not there', '.ts', "import 'no-such-package'; export const onSuccess = 1;", 'no-such-package'],
    ['it exports nothing', '.mjs', 'const onSuccess = () => {};', 'exports none of onSuccess, onFailure, onFallback'],
    ['it exports other things only', '.ts', 'export const send = 1; export default 7;', 'It exports send'],
    [
      'it has a callback that is no function',
      '.mjs',
      'export const onFailure = 7;',
      'exports onFailure, which is no function',
    ],
    [
      'it misspells one',
      '.mjs',
      'export const onSuccess = () => {}; export const onFalback = () => {};',
      'exports onFalback, which is no callback. Did you mean onFallback?',
    ],
  ])('%s', async (_, extension, text, problem) => {
    const message = await problemOf(extension, text);
    expect(message).toMatch(/^holdfast\.yaml: the\.path: \/module-\d+\.\w+ /);
    expect(message).toContain(problem);
    expect(message).toMatch(/Correct the module, or take it out of the config$/);
    expect(message).not.toContain(SECRET);
  });

  test('it never finishes loading', async () => {
    const text = 'await new Promise(() => setInterval(() => {}, 1000).unref()); export const onSuccess = 1;';
    expect(await problemOf('.mjs', text, 100)).toContain('has not loaded within 0.1 s');
  });

  test('all that are wrong are named together', async () => {
    const config = {
      source: 'holdfast.yaml',
      secrets: [],
      callbacks: ['one', 'two'].map((name) => ({ file: join(folder, `${name}.mjs`), path: name })),
    };
    const error: unknown = await loadCallbacks(config).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ problems: [{ path: 'one' }, { path: 'two' }] });
  });
});
