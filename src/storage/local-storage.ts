import { randomUUID } from 'node:crypto';
import { constants, type Dirent, type Stats } from 'node:fs';
import { copyFile, link, open, readdir, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fileError, withFile } from './file-error.js';
import { LineAppender } from './line-appender.js';
import { makeFolder } from './make-folder.js';
import type { Appender, ByteRange, PayloadStorage } from './storage.js';
import { StorageError } from './storage-error.js';

/** Blocks are garbage soon: what is in flight of small ones hardly outlives a collection. */
const BLOCK_BYTES = 64 * 1024;

/** A batch may have a thousand answers a second: some go out together. */
const LINES_DELAY_MS = 10;
const LINES_LENGTH = 64 * 1024;

/** Files that are being written, or were when their writer died. */
const TEMPORARY = /^\..*\.tmp$/;

/** Folders of this machine, or those that it shares with others. */
export class LocalStorage implements PayloadStorage {
  async read(location: string, range?: ByteRange): Promise<Readable> {
    const handle = await withFile('read', location, () => open(fileURLToPath(location), 'r'));
    const { start, end } = range ?? { start: 0, end: await endOf(handle, location) };
    if (end <= start) {
      await handle.close();
      return Readable.from([]);
    }
    // One block is read ahead.
    const bytes = Readable.from(blocksOf(handle, location, { start, end }), {
      objectMode: false,
      highWaterMark: BLOCK_BYTES,
    });
    bytes.once('close', () => void handle.close().catch(() => {}));
    return bytes;
  }

  readWhole(location: string): Promise<Buffer> {
    return withFile('read', location, () => readFile(fileURLToPath(location)));
  }

  async size(location: string): Promise<number | null> {
    const found = await fileAt(location);
    return found?.size ?? null;
  }

  write(location: string, content: AsyncIterable<Uint8Array | string>): Promise<void> {
    return writeBeside(location, content, rename);
  }

  async create(location: string, text: string): Promise<boolean> {
    let isNew = false;
    await writeBeside(location, Readable.from([text]), async (temporary, path) => {
      isNew = await nameNew(temporary, path);
      await rm(temporary);
    });
    return isNew;
  }

  async appender(location: string): Promise<Appender> {
    const path = fileURLToPath(location);
    const { handle, isTorn } = await withFile('write', location, async () => {
      await makeFolder(dirname(path));
      return openForLines(path);
    });
    // A line that was cut short must not take the next one with it.
    let separator = isTorn ? '\n' : '';
    const write = async (text: string): Promise<void> => {
      const whole = `${separator}${text}`;
      separator = '\n';
      await withFile('write', location, () => handle.appendFile(whole));
      separator = '';
    };
    const release = () => withFile('write', location, () => syncAndClose(handle, dirname(path)));
    return new LineAppender({ write, release, delayMs: LINES_DELAY_MS, enough: LINES_LENGTH });
  }

  async *list(folder: string): AsyncGenerator<string> {
    yield* filesIn(fileURLToPath(folder));
  }

  async remove(location: string): Promise<void> {
    await withFile('remove', location, () => rm(fileURLToPath(location), { recursive: true, force: true }));
  }

  async lastWrittenMs(location: string): Promise<number | null> {
    const itself = await fileAt(location);
    let last = itself?.mtimeMs ?? null;
    for await (const below of this.list(location)) {
      const found = await fileAt(below);
      if (found !== null) last = Math.max(last ?? 0, found.mtimeMs);
    }
    return last;
  }
}

async function fileAt(location: string): Promise<Stats | null> {
  try {
    const found = await withFile('read', location, () => stat(fileURLToPath(location)));
    return found.isFile() ? found : null;
  } catch (error) {
    if (error instanceof StorageError && error.code === 'missing') return null;
    throw error;
  }
}

async function* blocksOf(handle: FileHandle, location: string, { start, end }: ByteRange): AsyncGenerator<Buffer> {
  for (let position = start; position < end;) {
    const block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, end - position));
    const { bytesRead } = await withFile('read', location, () => handle.read(block, { position }));
    if (bytesRead === 0) return;
    yield block.subarray(0, bytesRead);
    position += bytesRead;
  }
}

/** Writes a file under a hidden name, which is given its own when it is whole. */
async function writeBeside(
  location: string,
  content: AsyncIterable<Uint8Array | string>,
  giveName: (temporary: string, path: string) => Promise<void>,
): Promise<void> {
  const path = fileURLToPath(location);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const write = <T>(work: () => Promise<T>): Promise<T> => withFile('write', location, work);
  const handle = await write(async () => {
    await makeFolder(dirname(path));
    return open(temporary, 'wx');
  });
  try {
    for await (const block of content) await write(() => handle.appendFile(block));
    await write(async () => {
      await handle.sync();
      await handle.close();
      await giveName(temporary, path);
      await syncFolder(dirname(path));
    });
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Gives a file a name that nothing has yet; false: something has it. */
async function nameNew(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path).catch((error: unknown) => {
      if (isThere(error)) throw error;
      // Some shared folders know no second name of a file.
      return copyFile(temporary, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    throw error;
  }
}

function isThere(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}

/** What is in a folder, sorted by location; one level of it at a time is held. */
async function* filesIn(path: string): AsyncGenerator<string> {
  const entries = await entriesIn(path);
  const places = entries.map((entry) => {
    const location = pathToFileURL(join(path, entry.name)).href;
    return { entry, location: entry.isDirectory() ? `${location}/` : location };
  });
  for (const { entry, location } of places.toSorted((a, b) => (a.location < b.location ? -1 : 1))) {
    if (entry.isDirectory()) yield* filesIn(join(path, entry.name));
    else if (entry.isFile() && !TEMPORARY.test(entry.name)) yield location;
  }
}

async function entriesIn(path: string): Promise<Dirent[]> {
  const location = pathToFileURL(path).href;
  try {
    return await withFile('list', location, () => readdir(path, { withFileTypes: true }));
  } catch (error) {
    if (error instanceof StorageError && error.code === 'missing') return [];
    throw error;
  }
}

/** Where a file ends: where that is known, no block has room for more, nor is one made to find it out. */
async function endOf(handle: FileHandle, location: string): Promise<number> {
  try {
    const found = await handle.stat();
    return found.isFile() ? found.size : Infinity;
  } catch (error) {
    await handle.close();
    throw fileError('read', location, error);
  }
}

/** Opens a file to append to, and tells whether its last line was cut short. */
async function openForLines(path: string): Promise<{ handle: FileHandle; isTorn: boolean }> {
  const handle = await open(path, 'a+');
  try {
    const { size } = await handle.stat();
    if (size === 0) return { handle, isTorn: false };
    const { buffer } = await handle.read({ buffer: Buffer.alloc(1), position: size - 1 });
    return { handle, isTorn: buffer[0] !== 0x0a };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** What was written, and that the file is there, outlives a loss of power. */
async function syncAndClose(handle: FileHandle, folder: string): Promise<void> {
  try {
    await syncWhatCan(handle);
    await syncFolder(folder);
  } finally {
    await handle.close();
  }
}

/** Devices, and folders of some networks, cannot be synced. */
async function syncWhatCan(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  }
}

/** Makes a rename outlive a loss of power, where folders can be synced. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await syncWhatCan(handle);
  } finally {
    await handle.close();
  }
}
