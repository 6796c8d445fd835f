import {
  appendFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStorage, toLocation } from '../../src/storage/index.js';
import { skipWithout } from '../helpers/requirements.js';
import { mountSmallDisk, type SmallDisk } from '../helpers/small-disk.js';
import { waitFor } from '../helpers/wait-for.js';

const storage = openStorage();
const text = (content: string): Readable => Readable.from([content]);

describe('a local folder that fails', () => {
  let folder: string;
  const at = (name: string): string => toLocation(name, folder);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-local-'));
    await writeFile(join(folder, 'file'), 'a file');
    await mkdir(join(folder, 'folder'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('below a file nothing can be written, and nothing is found', async () => {
    const denied = { name: 'StorageError', code: 'denied', location: at('file/x') };
    await expect(storage.write(at('file/x'), text('x'))).rejects.toMatchObject(denied);
    await expect(storage.appender(at('file/x'))).rejects.toMatchObject({ code: 'denied' });
    await expect(storage.read(at('file/x'))).rejects.toMatchObject({ code: 'missing' });
    expect(await storage.size(at('file/x'))).toBeNull();
  });

  test('a folder is no file', async () => {
    const stream = await storage.read(at('folder'));
    await expect(stream.toArray()).rejects.toMatchObject({ name: 'StorageError', code: 'denied' });
    await expect(storage.write(at('folder'), text('x'))).rejects.toMatchObject({ code: 'denied' });
    expect(await readdir(folder)).toEqual(['file', 'folder']);
    expect(await storage.size(at('folder'))).toBeNull();
  });

  test.skipIf(process.platform !== 'linux').each([
    ['reads to the end', (stream: Readable) => stream.toArray()],
    ['stops early', (stream: Readable) => stream.iterator().next()],
    ['never begins', () => undefined],
  ])('a reader that %s leaves no file open', async (_what, read) => {
    const openFiles = async (): Promise<string[]> => {
      const names = await readdir('/proc/self/fd');
      const paths = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
      return paths.filter((path) => path === join(folder, 'file'));
    };
    const stream = await storage.read(at('file'));
    expect(await openFiles()).toHaveLength(1);
    await read(stream);
    stream.destroy();
    await waitFor(async () => (await openFiles()).length === 0);
  });

  test('a line that was cut short does not take the next one with it', async () => {
    await writeFile(join(folder, 'torn.jsonl'), 'whole\ncut sh');
    const appender = await storage.appender(at('torn.jsonl'));
    await Promise.all([appender.append('next'), appender.append('last')]);
    await appender.close();
    expect(await readFile(join(folder, 'torn.jsonl'), 'utf8')).toBe('whole\ncut sh\nnext\nlast\n');
  });

  test('lines outlive a loss of power once their writer has let go', async () => {
    const file = await open(join(folder, 'file'));
    const sync = vi.spyOn(Object.getPrototypeOf(file) as FileHandle, 'sync');
    await file.close();
    const appender = await storage.appender(at('lines/part.jsonl'));
    await appender.append('line');
    expect(sync).not.toHaveBeenCalled();
    await appender.close();
    // The file, and that it is in its folder.
    expect(sync).toHaveBeenCalledTimes(2);
    sync.mockRestore();
  });

  test('what a killed writer left behind is not listed', async () => {
    await storage.write(at('left/out.jsonl'), text('whole'));
    await appendFile(join(folder, 'left', '.out.jsonl.0b5e.tmp'), 'half');
    expect(await storage.list(at('left'))[Symbol.asyncIterator]().next()).toMatchObject({
      value: at('left/out.jsonl'),
    });
    const names: string[] = [];
    for await (const name of storage.list(at('left'))) names.push(name);
    expect(names).toEqual([at('left/out.jsonl')]);
  });

  test.skipIf(process.platform !== 'linux')('a device that is always full', async () => {
    const appender = await storage.appender('file:///dev/full');
    await expect(appender.append('x')).rejects.toMatchObject({ code: 'full' });
    await appender.close();
  });
});

describe.skipIf(skipWithout('mounts'))('a disk that is full, or read-only', () => {
  let disk: SmallDisk;
  const at = (name: string): string => toLocation(name, disk.path);

  beforeEach(() => {
    disk = mountSmallDisk(256);
  });
  afterEach(() => disk.unmount());

  test('a write that does not fit leaves what was there, and works once there is space', async () => {
    await storage.write(at('out.jsonl'), text('before'));
    await writeFile(join(disk.path, 'filler'), Buffer.alloc(150_000));
    const large = (): Readable => Readable.from(Array.from({ length: 15 }, () => 'x'.repeat(10_000)));
    await expect(storage.write(at('out.jsonl'), large())).rejects.toMatchObject({
      code: 'full',
      location: at('out.jsonl'),
      message: expect.stringMatching(/^cannot write .*out\.jsonl: ENOSPC.*; free some space/),
    });
    expect(await readdir(disk.path)).toEqual(['filler', 'out.jsonl']);
    expect(await readFile(join(disk.path, 'out.jsonl'), 'utf8')).toBe('before');
    await rm(join(disk.path, 'filler'));
    await storage.write(at('out.jsonl'), large());
    expect(await storage.size(at('out.jsonl'))).toBe(150_000);
  });

  test('an appender goes on when there is space again; what it wrote stays whole', async () => {
    const appender = await storage.appender(at('part.jsonl'));
    await appender.append('first');
    await expect(appender.append('x'.repeat(400_000))).rejects.toMatchObject({ code: 'full' });
    await expect(appender.append('y'.repeat(400_000))).rejects.toMatchObject({ code: 'full' });
    const cutShort = await readFile(join(disk.path, 'part.jsonl'), 'utf8');
    expect(cutShort.startsWith('first\nxx')).toBe(true);
    // An operator makes space: the disk grows by what the cut line had taken.
    await writeFile(join(disk.path, 'part.jsonl'), cutShort.slice(0, 100));
    await appender.append('second');
    await appender.close();
    const lines = (await readFile(join(disk.path, 'part.jsonl'), 'utf8')).split('\n').filter((line) => line !== '');
    expect([lines[0], lines.at(-1)]).toEqual(['first', 'second']);
  });

  test('a read-only disk is denied, and can be read', async () => {
    await storage.write(at('in.jsonl'), text('rows'));
    disk.makeReadOnly();
    await expect(storage.write(at('in.jsonl'), text('x'))).rejects.toMatchObject({ code: 'denied' });
    await expect(storage.appender(at('part.jsonl'))).rejects.toMatchObject({ code: 'denied' });
    await expect(storage.remove(at('in.jsonl'))).rejects.toMatchObject({ code: 'denied' });
    // Also where folders would have to be made.
    const below = { code: 'denied', message: expect.stringContaining('EROFS') };
    await expect(storage.write(at('new/folder/in.jsonl'), text('x'))).rejects.toMatchObject(below);
    await expect(storage.appender(at('new/folder/part.jsonl'))).rejects.toMatchObject(below);
    expect(Buffer.concat(await (await storage.read(at('in.jsonl'))).toArray()).toString()).toBe('rows');
  });
});
