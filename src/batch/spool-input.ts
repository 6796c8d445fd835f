import type { Readable } from 'node:stream';
import { encryptFile } from '../encryption/encrypted-file.js';
import type { Storage } from '../storage/index.js';
import { inFolder } from './folder.js';
import { digestOf, inputDigest, plainBytes } from './input-digest.js';
import { InputError } from './input-errors.js';
import { readProblems } from './read-batch-files.js';

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
  const content = await plainBytes(source, name);
  const isEmpty = ((await storage.size(spool)) ?? 0) === 0;
  if (isEmpty || (await wasRefused(storage, folder))) {
    await storage.write(spool, encryptFile(storage.keys, content));
  } else if ((await digestOf(content)) !== (await inputDigest(storage, spool))) {
    throw new InputError(spool, `is the input of another batch than ${name}; give the new one a folder of its own`);
  }
  return spool;
}

/** Nothing was run of an input with problems: another one may take its place. */
async function wasRefused(storage: Storage, folder: string): Promise<boolean> {
  return (await readProblems({ storage, folder })).length > 0;
}
