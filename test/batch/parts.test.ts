import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPart, readParts, readRecordLine, type RowRecord, type RowState } from '../../src/batch/index.js';
import { partLine } from '../../src/batch/part-file.js';
import { openFiles, type Storage } from '../../src/storage/index.js';
import { testRing } from '../helpers/encryption.js';
import { batchFolder, storage, type BatchFolder } from './folder.js';
import { shortRecord } from './record.js';

let files: BatchFolder;

beforeEach(async () => {
  files = await batchFolder();
});
afterEach(() => files.remove());

const CHUNK = 42;
const folderPath = (): string => join(files.path, 'batch', 'parts', '000042');

async function write(writer: string, records: readonly RowRecord[], to = storage): Promise<void> {
  const part = await openPart({ storage: to, folder: files.folder, chunk: CHUNK, writer });
  await Promise.all(records.map((record) => part.append(record)));
  await part.close();
}

async function read(round?: number, from = storage): Promise<Record<number, string>> {
  const found = await readParts({ storage: from, folder: files.folder, chunk: CHUNK, round });
  const lines = [...found].map(async ([row, record]) => [row, JSON.parse(await readRecordLine(from, record))] as const);
  return Object.fromEntries(await Promise.all(lines)) as Record<number, string>;
}

const record = (row: number, state: RowState, text: string, round = 1): RowRecord =>
  shortRecord(row, state, text, { round });

describe('the parts of a chunk', () => {
  test('nothing was written: nothing is found', async () => {
    expect(await read()).toEqual({});
  });

  test('what was written is found by row, with facts and line, in files of the writer', async () => {
    await write('1-a', [record(3, 'answered', 'drei ü'), record(1, 'failed', 'one\ttab')]);
    expect(await read()).toEqual({ 1: 'one\ttab', 3: 'drei ü' });
    const found = await readParts({ storage, folder: files.folder, chunk: CHUNK });
    expect(found.get(3)).toMatchObject({ facts: record(3, 'answered', '').facts });
    expect(await readdir(folderPath())).toEqual(['1-a.jsonl']);
  });

  test.each<[string, RowRecord[], RowRecord[], string]>([
    ['an answer counts more than a failure', [record(1, 'failed', 'a')], [record(1, 'answered', 'b')], 'b'],
    ['an answer counts more than a later failure', [record(1, 'answered', 'a')], [record(1, 'failed', 'b', 2)], 'a'],
    ['a failure counts more than an attempt', [record(1, 'attempted', 'a')], [record(1, 'failed', 'b')], 'b'],
    [
      'a failure counts more than an attempt of the next round',
      [record(1, 'failed', 'a')],
      [record(1, 'attempted', 'b', 2)],
      'a',
    ],
    ['the first answer counts', [record(1, 'answered', 'a')], [record(1, 'answered', 'b', 2)], 'a'],
    ['the first failure of a round counts', [record(1, 'failed', 'a')], [record(1, 'failed', 'b')], 'a'],
    ['the failure of the latest round counts', [record(1, 'failed', 'a')], [record(1, 'failed', 'b', 2)], 'b'],
    ['the first attempt of a round counts', [record(1, 'attempted', 'a'), record(1, 'attempted', 'b')], [], 'a'],
    [
      'of the attempts of a round the one that began last counts',
      [shortRecord(1, 'attempted', 'a', { startedAtMs: 1 })],
      [shortRecord(1, 'attempted', 'b', { startedAtMs: 2 }), shortRecord(1, 'attempted', 'c', { startedAtMs: 1 })],
      'b',
    ],
  ])('%s', async (_name, first, second, expected) => {
    await write('a', first);
    await write('b', second);
    expect(await read()).toEqual({ 1: expected });
  });

  test('for a round, failures and attempts of earlier rounds do not count, answers do', async () => {
    await write('a', [record(1, 'answered', 'a'), record(2, 'failed', 'b'), record(3, 'attempted', 'c')]);
    await write('b', [record(2, 'attempted', 'd', 2)]);
    expect(await read(2)).toEqual({ 1: 'a', 2: 'd' });
    expect(await read(3)).toEqual({ 1: 'a' });
    expect(await read()).toEqual({ 1: 'a', 2: 'b', 3: 'c' });
  });

  test('a record that was cut short anywhere is passed over, and so is what is no record', async () => {
    await write('a', [record(1, 'answered', 'whole')]);
    const whole = await readFile(join(folderPath(), 'a.jsonl'), 'utf8');
    // One that lacks only its line feed is whole once the next writer adds it.
    for (let length = 0; length < whole.length - 1; length += 3) {
      await writeFile(join(folderPath(), 'b.jsonl'), whole.replace('"row":1', '"row":2').slice(0, length));
      expect(await read()).toEqual({ 1: 'whole' });
      // Another writer goes on behind it.
      await write('b', [record(3, 'answered', 'after')]);
      expect(await read()).toEqual({ 1: 'whole', 3: 'after' });
    }
    await writeFile(join(folderPath(), 'c.jsonl'), 'x\n\n\t\n{}\n{}\tx\nnull\tx\n{"bytes":1}\n');
    expect(await read()).toMatchObject({ 1: 'whole' });
  });

  test('a record is found however large its line is, also behind one that was cut short', async () => {
    const large = 'x'.repeat(7_000_000);
    await write('a', [record(1, 'answered', large), record(2, 'answered', 'after')]);
    const whole = await readFile(join(folderPath(), 'a.jsonl'), 'utf8');
    await writeFile(
      join(folderPath(), 'b.jsonl'),
      `${whole.slice(0, 6_900_000)}\n${partLine(record(3, 'failed', 'c'))}\n`,
    );
    expect(await read()).toEqual({ 1: large, 2: 'after', 3: 'c' });
  });

  test('what a killed writer left in a temporary file is not read', async () => {
    await mkdir(folderPath(), { recursive: true });
    await appendFile(join(folderPath(), '.a.jsonl.1234.tmp'), 'anything');
    expect(await read()).toEqual({});
  });

  test('where storage has keys, lines are encrypted and facts are not; each is read by its own key', async () => {
    const [one, both] = [testRing('one'), testRing('two', 'one')].map((keys) => openFiles(keys)) as [Storage, Storage];
    await write('plain', [record(0, 'answered', 'planted')]);
    await write('one', [record(1, 'answered', 'planted')], one);
    await write('two', [record(2, 'failed', 'planted')], both);
    const kept = await readFile(join(folderPath(), 'two.jsonl'), 'utf8');
    expect(kept).toMatch(/^\{"row":2,"state":"failed".*\tencrypted:two:/);
    expect(kept).not.toContain('planted');
    expect(await read(1, both)).toEqual({ 0: 'planted', 1: 'planted', 2: 'planted' });
    const error = expect.objectContaining({ name: 'StorageError', code: 'locked' }) as Error;
    await expect(read(1, one)).rejects.toEqual(error);
    await expect(read(1, one)).rejects.toThrow('under the key "two"');
  });

  test('many files and many records at once', async () => {
    const writers = Array.from({ length: 30 }, (_, number) => `w${number}`);
    await Promise.all(
      writers.map((writer, at) =>
        write(
          writer,
          Array.from({ length: 100 }, (_, number) => record(at * 100 + number, 'answered', `${at}-${number}`)),
        ),
      ),
    );
    expect(Object.keys(await read())).toHaveLength(3000);
  });
});
