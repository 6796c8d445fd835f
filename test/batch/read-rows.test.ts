import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readChunk, readRow } from '../../src/batch/index.js';
import { batchFolder, chat, readRows, row, storage, type BatchFolder } from './folder.js';

let files: BatchFolder;

beforeEach(async () => {
  files = await batchFolder();
});
afterEach(() => files.remove());

const lines = Array.from({ length: 25 }, (_, number) => row(`id-${number}`, chat(`ü ${number}`)));

describe('rows that were checked', () => {
  test('are read by chunk, or alone by where they are', async () => {
    const { index } = await files.index(`\uFEFF${lines.join('\r\n\r\n')}`);
    const settings = { timeout: 60 };
    const rows = await readRows(index, files.folder, settings);
    expect(rows).toHaveLength(25);
    expect(rows[24]).toMatchObject({
      row: 24,
      chunk: 2,
      customId: 'id-24',
      group: 'fast',
      operation: 'chat.completions',
      request: { ...chat('ü 24'), timeout: 60 },
    });
    for (const found of rows) {
      expect(await readRow({ storage, input: index.input, ref: found, settings })).toEqual(found);
    }
  });

  test.each([
    ['a letter of a row changed', (text: string) => text.replace('ü 13', 'ü 14'), [1]],
    ['a row removed', (text: string) => text.replace(`${lines[13]}\n`, ''), [1, 2]],
    [
      'two rows swapped',
      (text: string) => text.replace(`${lines[13]}\n${lines[14]}`, `${lines[14]}\n${lines[13]}`),
      [1],
    ],
    ['cut short', (text: string) => text.slice(0, -40), [2]],
    ['emptied', () => '', [0, 1, 2]],
    ['something before it', (text: string) => `${row('new')}\n${text}`, [0, 1, 2]],
    ['something behind it', (text: string) => `${text}\n${row('new')}`, []],
  ])('%s: the chunks concerned are refused, before their first row', async (_name, change, expected) => {
    const text = lines.join('\n');
    const { index } = await files.index(text);
    const rows = await readRows(index, files.folder);
    await files.input(change(text));
    const refused: number[] = [];
    for (let chunk = 0; chunk < 3; chunk++) {
      const [first] = [readChunk({ storage, index, folder: files.folder, chunk, settings: {} })];
      const error: unknown = await first.next().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (error === null) continue;
      refused.push(chunk);
      expect(error).toMatchObject({
        name: 'InputChangedError',
        location: index.input,
        message: expect.stringMatching(
          new RegExp(`rows.jsonl: ${chunk === 2 ? 5 : 10} rows from line ${chunk * 10 + 1} on .*put the file back`),
        ),
      });
    }
    expect(refused).toEqual(expected);
    const changed = rows.filter(({ chunk }) => expected.includes(chunk)).length;
    const alone = rows.map((ref) =>
      readRow({ storage, input: index.input, ref, settings: {} }).catch((error: unknown) => error),
    );
    const errors = (await Promise.all(alone)).filter((found) => found instanceof Error);
    expect(errors.length).toBeLessThanOrEqual(changed);
    for (const error of errors) expect(error).toMatchObject({ name: 'InputChangedError' });
  });

  test('an index of another batch, or cut short, is no index', async () => {
    const { index } = await files.index(lines.join('\n'));
    await writeFile(join(files.path, 'batch', 'index.bin'), Buffer.alloc(100));
    const reading = readChunk({ storage, index, folder: files.folder, chunk: 1, settings: {} }).next();
    await expect(reading).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/index\.bin: has no chunk 1/),
    });
  });

  test('an input that is gone is missing', async () => {
    const { index } = await files.index(lines.join('\n'));
    const gone = { ...index, input: files.at('gone.jsonl') };
    const reading = readChunk({ storage, index: gone, folder: files.folder, chunk: 1, settings: {} }).next();
    await expect(reading).rejects.toMatchObject({ name: 'StorageError', code: 'missing', location: gone.input });
  });
});
