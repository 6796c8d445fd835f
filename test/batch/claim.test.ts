import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimFolder, inputConflict, ownerOf } from '../../src/batch/index.js';
import { batchFolder, storage, type BatchFolder } from './folder.js';

let files: BatchFolder;
beforeEach(async () => {
  files = await batchFolder();
});
afterEach(() => files.remove());

const own = () => files.at('out/.holdfast');
const claim = (batchId: string) => claimFolder({ storage, folder: own(), out: files.at('out'), batchId });
const put = async (name: string, text = ''): Promise<void> => {
  await mkdir(join(files.path, name, '..'), { recursive: true });
  await writeFile(join(files.path, name), text);
};

test('a folder is that of the batch that comes first, again and again', async () => {
  expect(await ownerOf(storage, own())).toBeNull();
  await claim('one');
  await claim('one');
  expect(await ownerOf(storage, own())).toBe('one');
  await expect(claim('two')).rejects.toThrow(
    `${files.path}/out: this folder is that of batch one: give the new one a folder of its own, or go on with one`,
  );
  expect(await files.text('out/.holdfast/batch.json')).toBe('{"batchId":"one"}\n');
});

test('of several that come at once, one gets it', async () => {
  const ids = Array.from({ length: 20 }, (_, number) => `batch-${number}`);
  const ends = await Promise.allSettled(ids.map(claim));
  const winners = ids.filter((_, number) => ends[number]?.status === 'fulfilled');
  expect(winners).toEqual([await ownerOf(storage, own())]);
});

test.each(['output.jsonl', 'errors.jsonl', 'summary.json'])('a %s that no batch made is not replaced', async (name) => {
  await put(`out/${name}`, 'mine');
  await put('out/beside.txt');
  await expect(claim('one')).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringContaining(`no batch made ${files.path}/out/${name}, and the output would replace it`),
  });
  expect(await ownerOf(storage, own())).toBeNull();
  await rm(join(files.path, 'out', name));
  await claim('one');
});

test('a folder with results that nobody has taken goes to the first that comes, with its output', async () => {
  await put('out/.holdfast/parts/000000/writer.jsonl', '{}\n');
  await put('out/output.jsonl');
  await claim('one');
  await expect(claim('two')).rejects.toThrow('this folder is that of batch one');
});

test('a claim that is cut short is not taken for one, nor for none', async () => {
  await put('out/.holdfast/batch.json', '{"batch');
  await expect(claim('one')).rejects.toMatchObject({ name: 'StorageError', code: 'unavailable' });
});

test('an input that the output would replace is told', () => {
  const out = files.at('out');
  expect(inputConflict(files.at('out/errors.jsonl'), out)).toBe(
    'is where output goes, which would replace it; name another folder',
  );
  expect(inputConflict(files.at('out/questions.jsonl'), out)).toBeNull();
  expect(inputConflict(files.at('output.jsonl'), out)).toBeNull();
});
