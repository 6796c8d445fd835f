import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/index.js';
import { config } from './helpers.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-config-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('a file', async () => {
  const file = join(directory, 'config.yaml');
  await writeFile(file, stringify(config()));
  expect(Object.keys((await loadConfig(file)).routing.groups)).toEqual(['a', 'b']);
});

test('a file that is not there', async () => {
  const error = await loadConfig(join(directory, 'none.yaml')).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({ name: 'ConfigError', message: `${directory}/none.yaml: cannot be read: no such file` });
});

test('a directory', async () => {
  await expect(loadConfig(directory)).rejects.toThrow(`${directory}: cannot be read: a directory, not a file`);
});

describe('holdfast.example.yaml', () => {
  const example = join(import.meta.dirname, '../../holdfast.example.yaml');

  test('does all that it says: there is nothing to note', async () => {
    const loaded = await loadConfig(example, { env: { OPENAI_API_KEY: 'sk-x' } });
    expect(loaded.notes).toEqual([]);
    expect(loaded.routing.groups['fast']?.map(({ model, order }) => [model, order])).toEqual([
      ['gpt-4o-mini', 1],
      ['gpt-4.1-mini', 2],
    ]);
  });

  test('calls another endpoint when OPENAI_BASE_URL says so', async () => {
    const env = { OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: 'http://127.0.0.1:4010/v1' };
    const { connections } = await loadConfig(example, { env });
    expect(new Set(Object.values(connections).map(({ apiBase }) => apiBase))).toEqual(new Set([env.OPENAI_BASE_URL]));
  });

  test('can be explained without a key', async () => {
    const { notes } = await loadConfig(example, { env: {}, requireKeys: false });
    expect(new Set(notes.map(({ path }) => path.split('.').at(-1)))).toEqual(new Set(['api_key']));
  });
});
