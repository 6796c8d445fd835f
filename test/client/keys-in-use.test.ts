import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { keysInUse } from '../../src/client/keys-in-use.js';
import { keysOfFiles } from '../../src/client/keys-of-files.js';
import { WORKFLOW_TYPES } from '../../src/core/common/workflow-types.js';
import type * as workflows from '../../src/workflows/index.js';

test('histories of all of Holdfast’s workflows are read, messages to webhooks too', async () => {
  expectTypeOf<(typeof WORKFLOW_TYPES)[number]>().toEqualTypeOf<keyof typeof workflows>();
  const queries: string[] = [];
  const workflow = {
    count: async (query: string) => {
      queries.push(query);
      return { count: 0 };
    },
    list: ({ query }: { query: string }) => {
      queries.push(query);
      return [];
    },
  };
  await keysInUse({ workflow } as unknown as Client, { limit: 1, taskQueue: 'a "queue"' });
  const types = WORKFLOW_TYPES.map((type) => `"${type}"`).join(', ');
  const query = String.raw`TaskQueue = "a \"queue\"" AND WorkflowType IN (${types})`;
  expect(queries).toEqual([query, query]);
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('a folder that is misspelt, or empty, is an error: nothing in it would say that a key is not needed', async () => {
  const folder = await newFolder();
  const missing = { name: 'StorageError', code: 'missing', message: expect.stringContaining('there are no files') };
  await expect(keysOfFiles(folder).next()).rejects.toMatchObject(missing);
  await expect(keysOfFiles(join(folder, 'misspelt')).next()).rejects.toMatchObject(missing);
});

test('a file that is removed meanwhile is passed over', async () => {
  const folder = await newFolder();
  for (const name of ['a', 'b', 'c']) await writeFile(join(folder, name), 'plain');
  const keys = keysOfFiles(folder);
  expect(await keys.next()).toEqual({ done: false, value: null });
  await rm(join(folder, 'b'));
  expect(await keys.next()).toEqual({ done: false, value: null });
  expect(await keys.next()).toMatchObject({ done: true });
});
