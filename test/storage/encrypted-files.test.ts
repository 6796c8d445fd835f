import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { encryptFile } from '../../src/encryption/encrypted-file.js';
import { keyRing } from '../../src/encryption/key-ring.js';
import { decryptingStorage } from '../../src/storage/decrypting-storage.js';
import { openFiles, openStorage, toLocation, type ByteRange, type Storage } from '../../src/storage/index.js';
import { testRing } from '../helpers/encryption.js';

const FRAME = 64 * 1024;
/** With the tag of 16 bytes. */
const STORED_FRAME = FRAME + 16;

let path: string;
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'holdfast-files-'));
});
afterAll(() => rm(path, { recursive: true }));

const at = (name: string) => toLocation(name, path);

async function keep(name: string, content: Buffer, ids: string[] = ['one'], blockBytes = 50_000): Promise<void> {
  const storage = openFiles(testRing(...ids));
  const blocks: Buffer[] = [];
  for (let from = 0; from < content.length; from += blockBytes) blocks.push(content.subarray(from, from + blockBytes));
  await storage.write(at(name), encryptFile(storage.keys, Readable.from(blocks)));
}

const read = async (name: string, range?: ByteRange, ids: string[] = ['one']): Promise<Buffer> =>
  buffer(await openFiles(testRing(...ids)).read(at(name), range));

const stored = (name: string): Promise<Buffer> => readFile(join(path, name));

const SIZES = [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 3 * FRAME + 1234];

test.each(SIZES)('a file of %i bytes is read as it was, whole and in any range, and has its size', async (size) => {
  const content = randomBytes(size);
  await keep('sizes', content);
  // A few bytes may well stand there by chance.
  expect(size >= 32 && (await stored('sizes')).includes(content.subarray(0, 32))).toBe(false);
  expect((await read('sizes')).equals(content)).toBe(true);
  expect(await openFiles(undefined).size(at('sizes'))).toBe(size);
  const edges = [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 3 * FRAME, 3 * FRAME + 1000, 4 * FRAME];
  for (const start of edges) {
    for (const end of edges) {
      const found = await read('sizes', { start, end });
      expect(found.equals(content.subarray(start, Math.max(start, end))), `${start} to ${end}`).toBe(true);
    }
  }
});

test('a source that gives a byte at a time costs no more than one that gives all', async () => {
  const content = randomBytes(FRAME + 1000);
  const concat = vi.spyOn(Buffer, 'concat');
  await buffer(Readable.from(encryptFile(testRing('one'), oneByOne(content))));
  const copied = concat.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
  concat.mockRestore();
  // To put a frame together, and to seal it; and the reader's own.
  expect(copied).toBeLessThan(4 * content.length);
  await keep('bytes', content, ['one'], 1);
  expect((await read('bytes')).equals(content)).toBe(true);
});

async function* oneByOne(content: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += 1) yield content.subarray(at, at + 1);
}

test('the same content is another file each time', async () => {
  const content = randomBytes(1000);
  await keep('first', content);
  await keep('second', content);
  const files = [await stored('first'), await stored('second')];
  const [first, second] = files.map((bytes) => bytes.subarray(bytes.indexOf('\n') + 1));
  expect(first?.equals(second!)).toBe(false);
});

test('what is in plain text stays as it is, with keys and without; without keys nothing is encrypted', async () => {
  for (const content of ['', 'encrypted', `encrypted-file: is how this line begins\n${'x'.repeat(2000)}`, 'x\n']) {
    await writeFile(join(path, 'plain'), content);
    expect(String(await read('plain'))).toBe(content);
    expect(String(await read('plain', { start: 1, end: 9 }))).toBe(content.slice(1, 9));
    expect(await openFiles(testRing('one')).size(at('plain'))).toBe(content.length);
  }
  await keep('unkeyed', Buffer.from('plain'), []);
  expect(String(await stored('unkeyed'))).toBe('plain');
});

test('an old key is enough for what was written under it', async () => {
  await keep('old', Buffer.from('text'), ['one']);
  expect(String(await read('old', undefined, ['two', 'one']))).toBe('text');
  await keep('new', Buffer.from('text'), ['two', 'one']);
  expect(String(await stored('new'))).toMatch(/^encrypted-file:two:/);
});

test.each<[string, string[], string]>([
  ['missing', ['two'], 'under the key "one", which this process does not have: add it to encryption.keys'],
  ['another one', ['one'], 'another key has this id in encryption.keys, or the data is damaged'],
])('a key that is %s is an error that names it, before anything is read', async (_what, ids, message) => {
  const other = randomBytes(STORED_FRAME);
  await keep('locked', other);
  if (ids.includes('one')) {
    const bytes = await stored('locked');
    bytes.writeUInt8(bytes.readUInt8(500) ^ 1, 500);
    await writeFile(join(path, 'locked'), bytes);
  }
  for (const range of [undefined, { start: 10, end: 20 }]) {
    const error: unknown = await read('locked', range, ids).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'StorageError', code: 'locked', cause: { keyId: 'one' } });
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain(join(path, 'locked'));
  }
});

test('a file that is cut short, or whose frames were exchanged, is not taken for whole', async () => {
  await keep('whole', randomBytes(3 * FRAME));
  const bytes = await stored('whole');
  const head = bytes.indexOf('\n') + 1;
  const frame = (number: number) => bytes.subarray(head + number * STORED_FRAME, head + (number + 1) * STORED_FRAME);
  const broken: Record<string, Buffer> = {
    'without its last frame': bytes.subarray(0, -16),
    'in the middle of a frame': bytes.subarray(0, head + STORED_FRAME + 1000),
    'without frames': bytes.subarray(0, head),
    'two of them exchanged': Buffer.concat([bytes.subarray(0, head), frame(1), frame(0), frame(2), frame(3)]),
    'one of them missing': Buffer.concat([bytes.subarray(0, head), frame(0), frame(2), frame(3)]),
  };
  for (const [what, content] of Object.entries(broken)) {
    await writeFile(join(path, 'broken'), content);
    await expect(read('broken'), what).rejects.toMatchObject({ name: 'StorageError' });
  }
});

test('a file with any byte changed is never taken for the whole file, and is told as an error of storage', async () => {
  await keep('%', Buffer.from('a short text'), ['a %']);
  const whole = await stored('%');
  for (let position = 0; position < whole.length; position++) {
    for (const mask of [0x01, 0x20, 0xff]) {
      const damaged = Buffer.from(whole);
      damaged[position]! ^= mask;
      await writeFile(join(path, 'damaged'), damaged);
      const found = await read('damaged', undefined, ['a %']).catch((error: unknown) => error);
      // What does not begin like one is no encrypted file: it is given as it is.
      const isAsItWas = Buffer.isBuffer(found) && found.equals(damaged);
      if (!isAsItWas) expect(found, `${position}: ${String(found)}`).toMatchObject({ name: 'StorageError' });
    }
  }
});

test('a reader may stop early', async () => {
  await keep('long', randomBytes(5_000_000));
  for await (const block of await openFiles(testRing('one')).read(at('long'))) {
    expect((block as Buffer).length).toBeGreaterThan(0);
    break;
  }
  (await openFiles(testRing('one')).read(at('long'))).destroy();
});

test('an id of a key may have any characters', async () => {
  const keys = keyRing([{ id: 'arn:aws:kms:eu:1/k\n', key: Buffer.alloc(32, 1) }]);
  await openFiles(keys).write(at('named'), encryptFile(keys, Readable.from(['text'])));
  expect(String(await buffer(await openFiles(keys).read(at('named'))))).toBe('text');
});

describe('what a file begins with is read once', () => {
  const counting = (ids: string[] = ['one']) => {
    const read: string[] = [];
    const real = openStorage();
    const noted: Storage['read'] = (location, range) => {
      read.push(location);
      return real.read(location, range);
    };
    const storage: Storage = { ...real, read: noted };
    return { read, storage: decryptingStorage(storage, testRing(...ids)) };
  };
  const text = async (storage: Storage, name: string, range: ByteRange) =>
    String(await buffer(await storage.read(at(name), range)));

  test.each([
    ['encrypted', (name: string, content: string) => keep(name, Buffer.from(content))],
    ['plain', (name: string, content: string) => writeFile(join(path, name), content)],
  ])('for its size and all of its parts: %s', async (what, write) => {
    const name = `parts-${what}`;
    await write(name, 'in many parts');
    const { read, storage } = counting();
    expect(await storage.size(at(name))).toBe(13);
    for (let start = 0; start < 13; start += 1) {
      expect(await text(storage, name, { start, end: start + 1 })).toBe('in many parts'[start]);
    }
    expect(await storage.size(at(name))).toBe(13);
    expect(read).toHaveLength(1 + 13);
  });

  test('again where another file has taken its place, by this process or by another one', async () => {
    const range = { start: 3, end: 9 };
    const { storage } = counting(['two', 'one']);
    await keep('replaced', Buffer.from('by nobody'));
    expect(await text(storage, 'replaced', range)).toBe('nobody');
    await keep('replaced', Buffer.from('by others'), ['two']);
    expect(await text(storage, 'replaced', range)).toBe('others');
    await writeFile(join(path, 'replaced'), 'as a text');
    expect(await text(storage, 'replaced', range)).toBe('a text');
    await storage.write(at('replaced'), encryptFile(storage.keys, Readable.from(['by itself'])));
    expect(await text(storage, 'replaced', range)).toBe('itself');
    await storage.remove(at(''));
    await expect(storage.read(at('replaced'), range)).rejects.toMatchObject({ code: 'missing' });
    await mkdir(path);
  });

  test('a reader that stops early, and a file whose key is gone', async () => {
    const { storage } = counting();
    await keep('gone', randomBytes(FRAME));
    await storage.size(at('gone'));
    (await storage.read(at('gone'), { start: 0, end: FRAME })).destroy();
    await keep('gone', randomBytes(FRAME), ['two']);
    const asked = storage.read(at('gone'), { start: 0, end: 1 }).then(buffer);
    await expect(asked).rejects.toMatchObject({ code: 'locked', cause: { keyId: 'two' } });
  });
});
