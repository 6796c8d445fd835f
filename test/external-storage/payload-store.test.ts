import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../src/clock.js';
import { PayloadStore, type Reference } from '../../src/external-storage/payload-store.js';
import { mustReach } from '../../src/external-storage/must-reach.js';
import { keyRing, type KeyRing } from '../../src/encryption/key-ring.js';
import { openStorage, StorageError, type PayloadStorage } from '../../src/storage/index.js';
import { testRing } from '../helpers/encryption.js';

const SECRET = 'a planted prompt ';
const PAYLOAD = Buffer.from(SECRET.repeat(20_000));
const DAY = Date.UTC(2026, 10, 29);

let folder: string;
let place: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-payloads-'));
  place = pathToFileURL(folder).href;
  onTestFinished(() => rm(folder, { recursive: true }));
});

/** Time goes by while somebody sleeps. */
function fakeClock(startMs = DAY): Pick<Clock, 'now' | 'sleep'> {
  let nowMs = startMs;
  return { now: () => nowMs, sleep: async (ms) => void (nowMs += ms) };
}

interface Made {
  readonly keys?: KeyRing | undefined;
  readonly storage?: PayloadStorage;
  readonly namespace?: string;
  readonly at?: number;
  readonly own?: string;
}

function storeWith({ keys, storage = openStorage(), namespace = 'default', at, own = place }: Made = {}): PayloadStore {
  return new PayloadStore({ storage, place: own, namespace, keys, clock: fakeClock(at) });
}

async function files(): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

const text = async () =>
  Buffer.concat(await Promise.all((await files()).map((file) => readFile(file)))).toString('latin1');

test('a process that reaches its storage leaves nothing there; one that does not is told why', async () => {
  await mustReach(place, 'default');
  expect(await files()).toEqual([]);
  await writeFile(join(folder, 'a file'), '');
  const unreachable = mustReach(pathToFileURL(join(folder, 'a file')).href, 'default');
  await expect(unreachable).rejects.toMatchObject({ name: 'StorageError', code: 'denied' });
});

describe('what is stored', () => {
  test.each([
    ['without keys', undefined],
    ['encrypted', testRing('one')],
  ])('a payload is read again, %s', async (_how, keys) => {
    const reference = await storeWith({ keys }).write(place, [PAYLOAD], 'call-1');
    expect(Buffer.from(await storeWith({ keys }).read(reference)).equals(PAYLOAD)).toBe(true);
  });

  test('nothing of it is plain where there are keys, and the id of its workflow is', async () => {
    await storeWith({ keys: testRing('one') }).write(place, [PAYLOAD], 'call-1');
    const stored = await text();
    expect(stored).not.toContain('planted');
    expect(stored).toContain('{"workflowId":"call-1","keyId":"one"}');
  });

  test.each([
    ['without keys', undefined],
    ['encrypted', testRing('one')],
  ])('the same of the same workflow is stored once, by another process, too, %s', async (_how, keys) => {
    const first = await storeWith({ keys }).write(place, [PAYLOAD], 'call-1');
    const before = await files();
    expect(await storeWith({ keys }).write(place, [PAYLOAD], 'call-1')).toEqual(first);
    expect(await files()).toEqual(before);
  });

  test.each([
    ['without keys', undefined],
    ['encrypted', testRing('one')],
  ])('what this process has stored is not looked for again, %s', async (_how, keys) => {
    const asked: string[] = [];
    const real = openStorage();
    const storage: PayloadStorage = {
      ...real,
      size: (location) => {
        asked.push(`size ${location}`);
        return real.size(location);
      },
      write: (location, content) => {
        asked.push(`write ${location}`);
        return real.write(location, content);
      },
    };
    const store = storeWith({ keys, storage });
    const first = await store.write(place, [PAYLOAD], 'call-1');
    expect(asked).toHaveLength(2 * first.pieces.length);
    expect(await store.write(place, [PAYLOAD], 'call-1')).toEqual(first);
    expect(asked).toHaveLength(2 * first.pieces.length);
    // The day is the folder's, and so is the workflow.
    await store.write(place, [PAYLOAD], 'call-2');
    expect(asked).toHaveLength(4 * first.pieces.length);
  });

  test('what was encrypted is given back once it is stored, and the payload stays as it is', async () => {
    const written: Uint8Array[] = [];
    const real = openStorage();
    const storage: PayloadStorage = {
      ...real,
      write: async (location, content) => {
        const blocks = await Readable.from(content).toArray();
        written.push(...(blocks as Uint8Array[]));
        await real.write(location, Readable.from(blocks));
      },
    };
    const payload = Buffer.from(PAYLOAD);
    const reference = await storeWith({ storage, keys: testRing('one') }).write(place, [payload], 'call-1');
    expect(Math.max(...written.map(({ length }) => length))).toBeLessThan(1000);
    expect(payload.equals(PAYLOAD)).toBe(true);
    expect(Buffer.from(await storeWith({ keys: testRing('one') }).read(reference)).equals(PAYLOAD)).toBe(true);
  });

  test('others are heard while a large payload is stored', async () => {
    const large = randomBytes(8 * 1024 * 1024);
    let turns = 0;
    let isStored = false;
    const count = (): void => {
      turns += 1;
      if (!isStored) setImmediate(count);
    };
    const stored = storeWith().write(place, [large], 'call-1');
    setImmediate(count);
    const { pieces } = await stored;
    isStored = true;
    expect(turns).toBeGreaterThanOrEqual(pieces.length);
  });

  test('that of another workflow, day or namespace is its own', async () => {
    const keys = testRing('one');
    await storeWith({ keys }).write(place, [PAYLOAD], 'call-1');
    const once = (await files()).length;
    await storeWith({ keys }).write(place, [PAYLOAD], 'call-2');
    await storeWith({ keys, at: DAY + 24 * 3_600_000 }).write(place, [PAYLOAD], 'call-1');
    await storeWith({ keys, namespace: 'other' }).write(place, [PAYLOAD], 'call-1');
    expect(await files()).toHaveLength(4 * once);
    const names = (await files()).map((file) => file.slice(-64));
    // Nobody sees from outside that two workflows have the same, nor two namespaces.
    expect(new Set(names).size).toBe(3 * once);
  });

  test('an old payload is read after a rotation, and the same goes under the new key', async () => {
    const old = await storeWith({ keys: testRing('one') }).write(place, [PAYLOAD], 'call-1');
    const rotated = storeWith({ keys: testRing('two', 'one') });
    expect(Buffer.from(await rotated.read(old)).equals(PAYLOAD)).toBe(true);
    const fresh = await rotated.write(place, [PAYLOAD], 'call-1');
    await expect(storeWith({ keys: testRing('one') }).read(fresh)).rejects.toMatchObject({ keyId: 'two' });
  });

  test.each([
    ['without keys', undefined],
    ['encrypted', testRing('one')],
  ])('of several megabytes, also by a reference that does not say how many, %s', async (_how, keys) => {
    const large = randomBytes(7_000_000);
    const reference = await storeWith({ keys }).write(place, [large.subarray(0, 99), large.subarray(99)], 'call-1');
    expect(reference).toMatchObject({ bytes: large.length });
    const { bytes: _, ...ofBefore } = reference;
    for (const each of [reference, ofBefore]) {
      const read = await storeWith({ keys }).read(each);
      expect(large.equals(read)).toBe(true);
      // It is the reader's alone.
      expect(read.buffer.byteLength).toBeLessThan(2 * large.length);
    }
  });

  test('a process that has its payloads elsewhere finds it where it was written', async () => {
    const reference = await storeWith().write(place, [PAYLOAD], 'call-1');
    const other = storeWith({ own: `${place}/elsewhere` });
    expect(Buffer.from(await other.read(reference)).equals(PAYLOAD)).toBe(true);
    const none = new PayloadStore({
      storage: openStorage(),
      place: undefined,
      namespace: 'default',
      keys: undefined,
      clock: fakeClock(),
    });
    expect(Buffer.from(await none.read(reference)).equals(PAYLOAD)).toBe(true);
  });
});

describe('what goes wrong', () => {
  let reference: Reference;
  const write = async (keys?: KeyRing) => (reference = await storeWith({ keys }).write(place, [PAYLOAD], 'call-1'));
  const read = (keys?: KeyRing) => storeWith({ keys }).read(reference);

  test('a piece that is gone', async () => {
    await write();
    const [file = ''] = await files();
    await rm(file);
    await expect(read()).rejects.toMatchObject({
      name: 'ExternalStorageError',
      code: 'missing',
      message: expect.stringMatching(/cannot be read from .*ENOENT.*bring it back from a backup/),
    });
  });

  test('a piece that is damaged, told from a wrong key, and without one', async () => {
    await write(testRing('one'));
    const [file = ''] = await files();
    const bytes = await readFile(file);
    bytes[bytes.length - 20] = (bytes.at(-20) ?? 0) ^ 1;
    await writeFile(file, bytes);
    const damaged = { code: 'damaged', message: expect.stringContaining('is damaged') };
    await expect(read(testRing('one'))).rejects.toMatchObject(damaged);
    await expect(read()).rejects.toMatchObject(damaged);
  });

  test('a key that is missing, and another one with its id', async () => {
    await write(testRing('one'));
    await expect(read()).rejects.toMatchObject({ name: 'EncryptionError', keyId: 'one' });
    await expect(read(keyRing([{ id: 'one', key: Buffer.alloc(32, 1) }]))).rejects.toMatchObject({ keyId: 'one' });
  });

  test.each([
    ['a day that leads elsewhere', { day: '../../2026-11-29' }],
    ['a piece that leads elsewhere', { pieces: ['../../../etc/passwd'] }],
    ['fewer bytes than there are', { bytes: PAYLOAD.length - 1 }],
    ['more bytes than there are', { bytes: PAYLOAD.length + 1 }],
    ['more bytes than any machine has', { bytes: Number.MAX_SAFE_INTEGER }],
    ['bytes without an end', { bytes: Infinity }],
    ['less than no bytes', { bytes: -1 }],
    ['half a byte', { bytes: 0.5 }],
    ['bytes that are no number', { bytes: '1000' as unknown as number }],
    ['bytes of null', { bytes: null as unknown as number }],
  ])('a reference that somebody else wrote leads to pieces only, and as many bytes: %s', async (_what, changed) => {
    await write();
    await expect(storeWith().read({ ...reference, ...changed })).rejects.toMatchObject({ code: 'damaged' });
  });

  /** A storage that fails so often. */
  function failing(times: number, code: ConstructorParameters<typeof StorageError>[0]): PayloadStorage {
    const storage = openStorage();
    let left = times;
    const failFirst = async () => {
      left -= 1;
      if (left >= 0) throw new StorageError(code, 'write', 'file:///there', new Error('the reason'));
    };
    return {
      ...storage,
      write: (location, content) => failFirst().then(() => storage.write(location, content)),
      readWhole: (location) => failFirst().then(() => storage.readWhole(location)),
    };
  }

  test.each(['unavailable', 'full'] as const)('a storage that is %s for a moment is waited for', async (code) => {
    await storeWith({ storage: failing(5, code) }).write(place, [PAYLOAD], 'call-1');
    await write();
    await storeWith({ storage: failing(5, code) }).read(reference);
  });

  test.each([
    ['unavailable', 'the reason; what waits for it goes on when the storage is back'],
    ['full', 'the reason; free some space'],
    ['denied', 'the reason; give this process the rights'],
  ] as const)('one that stays %s is told of', async (code, message) => {
    const writing = storeWith({ storage: failing(Infinity, code) }).write(place, [PAYLOAD], 'call-1');
    await expect(writing).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
