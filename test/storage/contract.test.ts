import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  locationIn,
  openFiles,
  openStorage,
  StorageError,
  toLocation,
  type PayloadStorage,
  type Storage,
} from '../../src/storage/index.js';
import { skipWithout } from '../helpers/requirements.js';
import { makeS3Bucket } from '../helpers/s3-bucket.js';

interface Place {
  readonly folder: string;
  close(): Promise<void>;
}

async function localPlace(): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-storage-'));
  // A name that a URL has to encode.
  return { folder: toLocation('a folder #1 %41/ü', path), close: () => rm(path, { recursive: true }) };
}

async function s3Place(): Promise<Place> {
  const s3 = await makeS3Bucket();
  for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
  return { folder: `s3://${s3.bucket}/a folder #1 %41/ü`, close: async () => undefined };
}

const PLACES = [
  { name: 'a local folder', open: localPlace, skip: false },
  { name: 'S3', open: s3Place, skip: skipWithout('python-moto') },
];

async function textOf(stream: Readable): Promise<string> {
  const blocks: Buffer[] = [];
  for await (const block of stream) blocks.push(block as Buffer);
  return Buffer.concat(blocks).toString();
}

async function listed(storage: Storage, folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const location of storage.list(folder)) names.push(location);
  return names;
}

/** Everything that was appended, wherever it went. */
async function linesOf(storage: Storage, location: string): Promise<string[]> {
  const parts = (await storage.size(location)) === null ? await listed(storage, location) : [location];
  const texts: string[] = [];
  for (const part of parts) texts.push(await textOf(await storage.read(part)));
  return texts.join('').split('\n').slice(0, -1);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => null).catch((thrown: unknown) => thrown);
  if (!(error instanceof StorageError)) throw new Error(`expected a StorageError, got ${String(error)}`);
  return error.code;
}

for (const { name, open, skip } of PLACES) {
  describe.skipIf(skip)(`storage in ${name}`, () => {
    let place: Place;
    let storage: Storage;
    let payloads: PayloadStorage;
    const at = (...names: string[]): string => locationIn(place.folder, ...names);

    beforeAll(async () => {
      place = await open();
      storage = openFiles(undefined);
      payloads = openStorage();
    });

    afterAll(async () => {
      await place.close();
      vi.unstubAllEnvs();
    });

    test('what was written is read, whole and in ranges', async () => {
      await storage.write(at('whole', 'text.jsonl'), Readable.from(['012', Buffer.from('345'), '6789']));
      expect(await textOf(await storage.read(at('whole', 'text.jsonl')))).toBe('0123456789');
      const ranges: [number, number, string][] = [
        [0, 1, '0'],
        [3, 7, '3456'],
        [9, 10, '9'],
        [8, 20, '89'],
        [10, 20, ''],
        [30, 40, ''],
        [4, 4, ''],
      ];
      for (const [start, end, expected] of ranges) {
        expect(await textOf(await storage.read(at('whole', 'text.jsonl'), { start, end }))).toBe(expected);
      }
      expect(await storage.size(at('whole', 'text.jsonl'))).toBe(10);
    });

    test('what is small is read at once, in memory that is nobody else’s', async () => {
      const bytes = Buffer.alloc(700_000, 'small');
      await storage.write(at('small'), Readable.from([bytes]));
      const [once, again] = [await payloads.readWhole(at('small')), await payloads.readWhole(at('small'))];
      expect(once.equals(bytes)).toBe(true);
      (once.buffer as ArrayBuffer).transfer(0);
      expect(again.equals(bytes)).toBe(true);
      expect(await codeOf(payloads.readWhole(at('nothing')))).toBe('missing');
    });

    test('nothing at all can be written, and is there', async () => {
      await storage.write(at('empty'), Readable.from([]));
      expect(await storage.size(at('empty'))).toBe(0);
      expect(await textOf(await storage.read(at('empty')))).toBe('');
    });

    test('40 MB go through as a stream, bytes unchanged, and a reader may stop early', async () => {
      const block = Buffer.from(Array.from({ length: 1_000_003 }, (_, index) => index % 251));
      await storage.write(at('large'), Readable.from(Array.from({ length: 40 }, () => block)));
      expect(await storage.size(at('large'))).toBe(40 * block.length);
      let position = 0;
      for await (const part of await storage.read(at('large'))) {
        for (let from = 0; from < (part as Buffer).length;) {
          const offset = position % block.length;
          const length = Math.min((part as Buffer).length - from, block.length - offset);
          if (!(part as Buffer).subarray(from, from + length).equals(block.subarray(offset, offset + length))) {
            throw new Error(`other bytes near ${position}`);
          }
          from += length;
          position += length;
        }
      }
      expect(position).toBe(40 * block.length);
      for await (const part of await storage.read(at('large'))) {
        expect((part as Buffer).length).toBeGreaterThan(0);
        break;
      }
      (await storage.read(at('large'))).destroy();
    });

    test('whoever writes may fill a block again once the next one is asked for', async () => {
      async function* reused(): AsyncGenerator<Buffer> {
        const block = Buffer.alloc(1024);
        for (const letter of 'abcdefgh') yield block.fill(letter);
      }
      await storage.write(at('reused'), reused());
      const text = await textOf(await storage.read(at('reused')));
      expect(text).toBe([...'abcdefgh'].map((letter) => letter.repeat(1024)).join(''));
    });

    test('a write that fails on the way leaves what was there, and nothing beside it', async () => {
      await storage.write(at('safe', 'out'), Readable.from(['before']));
      async function* breaksOff(megabytes: number): AsyncGenerator<string> {
        for (let count = 0; count < megabytes; count++) yield 'x'.repeat(1_000_000);
        throw new RangeError('the source broke');
      }
      for (const megabytes of [0, 1, 40]) {
        await expect(storage.write(at('safe', 'out'), breaksOff(megabytes))).rejects.toThrow(RangeError);
      }
      expect(await textOf(await storage.read(at('safe', 'out')))).toBe('before');
      expect(await listed(storage, at('safe'))).toEqual([at('safe', 'out')]);
      await storage.write(at('safe', 'out'), Readable.from(['after']));
      expect(await textOf(await storage.read(at('safe', 'out')))).toBe('after');
    });

    test('of several who create the same, one succeeds; what is there stays', async () => {
      const texts = Array.from({ length: 8 }, (_, number) => `writer ${number}`);
      const made = await Promise.all(texts.map((text) => storage.create(at('claims', 'one'), text)));
      expect(made.filter(Boolean)).toHaveLength(1);
      const winner = texts[made.indexOf(true)];
      expect(await textOf(await storage.read(at('claims', 'one')))).toBe(winner);
      expect(await storage.create(at('claims', 'one'), 'late')).toBe(false);
      expect(await textOf(await storage.read(at('claims', 'one')))).toBe(winner);
      expect(await listed(storage, at('claims'))).toEqual([at('claims', 'one')]);
    });

    test('nothing there: reading fails, a size is null, a list is empty, removing does nothing', async () => {
      expect(await codeOf(storage.read(at('nothing')))).toBe('missing');
      expect(await codeOf(storage.read(at('nothing'), { start: 1, end: 2 }))).toBe('missing');
      expect(await storage.size(at('nothing'))).toBeNull();
      expect(await listed(storage, at('nothing'))).toEqual([]);
      await storage.remove(at('nothing'));
    });

    test('a folder is listed with what lies below, sorted, and removed with it', async () => {
      for (const names of [['b', '2'], ['b', '1', 'x'], ['a.txt'], ['bb']]) {
        await storage.write(at('tree', ...names), Readable.from([names.join('/')]));
      }
      expect(await listed(storage, at('tree'))).toEqual([
        at('tree', 'a.txt'),
        at('tree', 'b', '1', 'x'),
        at('tree', 'b', '2'),
        at('tree', 'bb'),
      ]);
      await storage.remove(at('tree', 'b'));
      await storage.remove(at('tree', 'a.txt'));
      expect(await listed(storage, at('tree'))).toEqual([at('tree', 'bb')]);
    });

    test('a file tells when it was written, and a folder when something in it was last, by one clock for all', async () => {
      const lastWrittenMs = (location: string) => openStorage().lastWrittenMs(location);
      expect(await lastWrittenMs(at('dated'))).toBeNull();
      await storage.write(at('dated', 'first'), Readable.from(['1']));
      const first = await lastWrittenMs(at('dated'));
      // A service may tell whole seconds.
      await vi.waitFor(
        async () => {
          await storage.write(at('dated', 'below', 'second'), Readable.from(['2']));
          expect(await lastWrittenMs(at('dated', 'below'))).toBeGreaterThan(first ?? Infinity);
        },
        { timeout: 60_000 },
      );
      expect(await lastWrittenMs(at('dated'))).toBe(await lastWrittenMs(at('dated', 'below')));
      expect(await lastWrittenMs(at('dated', 'first'))).toBe(first);
      expect(await lastWrittenMs(at('dated', 'fir'))).toBeNull();
    });

    test('lines are appended in order, many at a time, and after those of an earlier writer', async () => {
      const lines = Array.from({ length: 500 }, (_, index) => `line ${index} ü`);
      const first = await storage.appender(at('lines', 'w1.jsonl'));
      await Promise.all(lines.slice(0, 300).map((line) => first.append(line)));
      await first.append(lines[300]!);
      expect(await linesOf(storage, at('lines', 'w1.jsonl'))).toEqual(lines.slice(0, 301));
      const last = Promise.all(lines.slice(301, 400).map((line) => first.append(line)));
      await first.close();
      await first.close();
      await last;
      await expect(first.append('late')).rejects.toThrow('after the appender was closed');
      const second = await storage.appender(at('lines', 'w1.jsonl'));
      await Promise.all(lines.slice(400).map((line) => second.append(line)));
      await second.close();
      expect(await linesOf(storage, at('lines', 'w1.jsonl'))).toEqual(lines);
    });

    test('a large line does not wait for others', async () => {
      const appender = await storage.appender(at('lines', 'large.jsonl'));
      const line = 'x'.repeat(1_500_000);
      await Promise.all([appender.append('small'), appender.append(line), appender.append('after')]);
      await appender.close();
      expect(await linesOf(storage, at('lines', 'large.jsonl'))).toEqual(['small', line, 'after']);
    });
  });
}
