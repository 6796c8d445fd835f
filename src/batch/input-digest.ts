import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Storage } from '../storage/index.js';
import { isPacked, unpacked } from './unpack.js';

/**
 * Identifies what an input has now: the `sha256` that its check found, as long as it is the same. Reads all of it.
 * @throws InputError when it is packed and damaged
 * @throws StorageError
 */
export async function inputDigest(storage: Storage, input: string): Promise<string> {
  return digestOf(await plainBytes(await storage.read(input), input));
}

export async function digestOf(blocks: AsyncIterable<Buffer>): Promise<string> {
  const digest = createHash('sha256');
  for await (const block of blocks) digest.update(block);
  return digest.digest('hex');
}

/**
 * The bytes of an input, unpacked where gzip packed it.
 * @param name - what it is called in errors
 */
export async function plainBytes(source: Readable, name: string): Promise<AsyncIterable<Buffer>> {
  const blocks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await blocks.next();
  const all = withFirst(first, blocks);
  return first.done !== true && isPacked(first.value) ? unpacked(Readable.from(all), name) : all;
}

async function* withFirst(first: IteratorResult<Buffer>, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  for (let block = first; block.done !== true; block = await rest.next()) yield block.value;
}
