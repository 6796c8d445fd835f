import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Worker } from '@temporalio/worker';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { workflowParts } from '../../src/worker/workflows-source.js';
import { group, openHoldfast } from '../helpers/holdfast.js';

test('the rules, which have no state, are loaded once for all workflows of a worker', async () => {
  const { preloadModules = [] } = workflowParts();
  expect(preloadModules.map((file) => basename(file))).toEqual(expect.arrayContaining(['decide.ts', 'line.ts']));
  const code = await readFile(inject('workflowBundlePath'), 'utf8');
  expect(code).toMatch(/preloadModules\(\)[^}]*core\/retries\/decide/);
  const sources = await Promise.all(preloadModules.map(async (file) => [file, await readFile(file, 'utf8')] as const));
  const withState = sources.filter(([, source]) =>
    /^(?:export )?(?:let|var) |^(?:export )?const \w+ = new (?:Map|Set)/m.test(source),
  );
  expect(withState.map(([file]) => file)).toEqual([]);
});

test('a worker has a bound for the workflows that it keeps in memory, however many calls wait', async () => {
  const create = vi.spyOn(Worker, 'create');
  onTestFinished(() => create.mockRestore());
  const holdfast = await openHoldfast({ model_list: group('a') });
  await holdfast.close();
  expect(create.mock.calls.map(([{ maxCachedWorkflows }]) => maxCachedWorkflows)).toEqual([1000]);
});
