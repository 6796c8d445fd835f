import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spoolInput } from '../../src/batch/index.js';
import { batchFolder, row, storage, type BatchFolder } from './folder.js';

const TEXT = `${row('a')}\n${row('b')}\n`;

let files: BatchFolder;
beforeAll(async () => {
  files = await batchFolder();
});
afterAll(() => files.remove());

const spool = (name: string, blocks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) =>
  spoolInput({ storage, folder: files.at(name), source: Readable.from(blocks), name: 'standard input' });
const bytes = (text: string) => [Buffer.from(text)];

test('is kept, plain and unpacked; the same again leaves it, another one is refused', async () => {
  expect(await spool('plain', bytes(TEXT))).toBe(files.at('plain/input.jsonl'));
  expect(await files.text('plain/input.jsonl')).toBe(TEXT);
  await spool('plain', [gzipSync(TEXT)]);
  await spool('plain', [Buffer.from(TEXT.slice(0, 9)), Buffer.from(TEXT.slice(9))]);
  await expect(spool('plain', bytes(`${TEXT}\n`))).rejects.toThrow(
    'is the input of another batch than standard input; give the new one a folder of its own',
  );
  expect(await files.text('plain/input.jsonl')).toBe(TEXT);
});

test('is there as a whole, or not at all', async () => {
  async function* breaking() {
    yield Buffer.from(TEXT);
    await Promise.reject(new Error('the pipe broke'));
  }
  await expect(spool('broken', breaking())).rejects.toThrow('the pipe broke');
  expect(await storage.size(files.at('broken/input.jsonl'))).toBe(null);
  const packed = gzipSync(TEXT);
  await expect(spool('broken', [packed.subarray(0, -9)])).rejects.toThrow('cut short');
  expect(await storage.size(files.at('broken/input.jsonl'))).toBe(null);
  await spool('broken', []);
  expect(await files.text('broken/input.jsonl')).toBe('');
});

test('takes the place of one without rows', async () => {
  await spool('empty', []);
  await spool('empty', bytes(TEXT));
  expect(await files.text('empty/input.jsonl')).toBe(TEXT);
});

test('takes the place of one that could not be run', async () => {
  await spool('batch', bytes('nonsense\n'));
  await files.index('nonsense\n');
  await spool('batch', bytes(TEXT));
  expect(await files.text('batch/input.jsonl')).toBe(TEXT);
});
