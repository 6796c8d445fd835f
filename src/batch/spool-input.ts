import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Storage } from '../storage/index.js';
import { inFolder } from './folder.js';
import { InputError } from './input-errors.js';
import { readProblems } from './look-into.js';
import { isPacked, unpacked } from './unpack.js';

export interface SpoolOptions {
  readonly storage: Storage;
  /** The batch's own folder. */
  readonly folder: string;
  /** JSONL, plain or packed by gzip. */
  readonly source: Readable;
  /** What the source is called in errors. */
  readonly name: string;
}

/**
 * Keeps an input that can be read only once in the folder of its batch: whole or not at all, and for good, so that the
 * same one may come again. Returns where it is.
 * @throws InputError when the folder has another input already, or a packed one is damaged
 * @throws StorageError
 */
export async function spoolInput({ storage, folder, source, name }: SpoolOptions): Promise<string> {
  const spool = inFolder.spool(folder);
  const content = await plain(source, name);
  if ((await storage.size(spool)) === null || (await wasRefused(storage, folder))) {
    await storage.write(spool, content);
  } else if ((await digestOf(content)) !== (await digestOf(await storage.read(spool)))) {
    throw new InputError(spool, `is the input of another batch than ${name}; give the new one a folder of its own`);
  }
  return spool;
}

/** Nothing was run of an input with problems: another one may take its place. */
async function wasRefused(storage: Storage, folder: string): Promise<boolean> {
  return (await readProblems({ storage, folder })).length > 0;
}

async function plain(source: Readable, name: string): Promise<AsyncIterable<Buffer>> {
  const blocks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await blocks.next();
  const all = withFirst(first, blocks);
  return first.done !== true && isPacked(first.value) ? unpacked(Readable.from(all), name) : all;
}

async function* withFirst(first: IteratorResult<Buffer>, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  for (let block = first; block.done !== true; block = await rest.next()) yield block.value;
}

async function digestOf(blocks: AsyncIterable<Buffer>): Promise<string> {
  const digest = createHash('sha256');
  for await (const block of blocks) digest.update(block);
  return digest.digest('hex');
}
