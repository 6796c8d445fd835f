import { Readable } from 'node:stream';
import { EncryptionError } from '../encryption/encryption-error.js';
import {
  decryptFrames,
  fileHead,
  framesOf,
  MAX_HEAD_BYTES,
  mayBeHead,
  plainBytesOf,
  type FileHead,
  type Frames,
} from '../encryption/encrypted-file.js';
import { forgetOldest } from '../core/common/forget-oldest.js';
import type { KeyRing } from '../encryption/key-ring.js';
import { StorageError } from './storage-error.js';
import type { ByteRange, Storage } from './storage.js';

/** Files whose beginnings are known at once: those of the batches under way, and then some. */
const MAX_HEADS = 1000;

/**
 * A storage whose encrypted files are read as what they were before; others are read as they are. Of a file whose key is missing
 * nothing can be read: `StorageError` `locked`.
 */
export function decryptingStorage(storage: Storage, keys: KeyRing | undefined): Storage {
  const decrypted = async (location: string, head: FileHead, frames: Frames, stored: Readable): Promise<Readable> => {
    try {
      const key = await keys?.find(head.keyId);
      if (key === undefined) throw EncryptionError.missing(head.keyId);
      const plain = decryptFrames(key, head, frames, stored as AsyncIterable<Buffer>);
      return passedOn(readable(location, plain), stored);
    } catch (error) {
      stored.destroy();
      throw unreadable(location, error);
    }
  };

  // A file is read in many parts, and is written once. One in its place is encrypted otherwise, which its frames tell.
  const heads = new Map<string, FileHead | null>();

  const headOf = async (location: string): Promise<FileHead | null> => {
    const known = heads.get(location);
    if (known !== undefined) return known;
    const beginning = await beginningOf(await storage.read(location, { start: 0, end: MAX_HEAD_BYTES }));
    beginning.rest.destroy();
    const head = fileHead(beginning.bytes);
    heads.set(location, head);
    forgetOldest(heads, MAX_HEADS);
    return head;
  };

  const readPart = async (location: string, range: ByteRange): Promise<Readable> => {
    const head = await headOf(location);
    if (head === null || range.end <= range.start) return storage.read(location, range);
    const frames = framesOf(head, range);
    return decrypted(location, head, frames, await storage.read(location, frames.stored));
  };

  /** What was known of the file may be of the one before it: then it cannot be decrypted, or has nothing in that place. */
  async function* readKnown(location: string, range: ByteRange): AsyncGenerator<Buffer> {
    let hasBegun = false;
    try {
      for await (const block of (await readPart(location, range)) as AsyncIterable<Buffer>) {
        hasBegun = true;
        yield block;
      }
    } catch (error) {
      if (hasBegun || !(error instanceof StorageError && error.code === 'locked')) throw error;
    }
    if (hasBegun) return;
    heads.delete(location);
    yield* (await readPart(location, range)) as AsyncIterable<Buffer>;
  }

  return {
    ...storage,
    keys,

    async read(location, range) {
      if (range === undefined) {
        const { bytes, rest } = await beginningOf(await storage.read(location));
        const head = fileHead(bytes);
        if (head === null) return passedOn(joined(bytes, rest), rest);
        return decrypted(location, head, framesOf(head), passedOn(joined(bytes.subarray(head.length), rest), rest));
      }
      const isEncrypted = (heads.get(location) ?? null) !== null;
      return isEncrypted ? Readable.from(readKnown(location, range), { objectMode: false }) : readPart(location, range);
    },

    async size(location) {
      const bytes = await storage.size(location);
      const head = bytes === null || bytes === 0 ? null : await headOf(location);
      return bytes === null || head === null ? bytes : plainBytesOf(head, bytes);
    },

    async write(location, content) {
      await storage.write(location, content);
      heads.delete(location);
    },

    async remove(location) {
      await storage.remove(location);
      // A folder goes with all that is in it.
      for (const known of heads.keys()) if (known.startsWith(location)) heads.delete(known);
    },
  };
}

/** An error that tells that a file cannot be read for want of its key, or as it is damaged. */
export function unreadable(location: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  return new StorageError(error instanceof EncryptionError ? 'locked' : 'unavailable', 'read', location, error);
}

/** What a stream begins with, as far as it takes to tell what it is, and the rest. */
async function beginningOf(stream: Readable): Promise<{ readonly bytes: Buffer; readonly rest: Readable }> {
  let bytes: Buffer = Buffer.alloc(0);
  const blocks = stream.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  while (mayBeHead(bytes)) {
    const block = await blocks.next();
    if (block.done === true) break;
    bytes = bytes.length === 0 ? block.value : Buffer.concat([bytes, block.value]);
  }
  await blocks.return?.();
  return { bytes, rest: stream };
}

async function* joined(first: Buffer, rest: Readable): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest as AsyncIterable<Buffer>;
}

async function* readable(location: string, blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* blocks;
  } catch (error) {
    throw unreadable(location, error);
  }
}

/** A stream that lets go of another one with itself. */
function passedOn(blocks: AsyncIterable<Buffer>, source: Readable): Readable {
  const bytes = Readable.from(blocks, { objectMode: false });
  bytes.once('close', () => source.destroy());
  return bytes;
}
