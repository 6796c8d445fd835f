import { buffer } from 'node:stream/consumers';
import { fileHead, MAX_HEAD_BYTES } from '../encryption/encrypted-file.js';
import { keyIdOfText } from '../encryption/encrypted-text.js';
import { headIn } from '../external-storage/stored-piece.js';
import { openStorage, StorageError, toLocation, type Storage } from '../storage/index.js';

/** What stands before the first text of a part is not longer. */
const BEGINNING_BYTES = 64 * 1024 + MAX_HEAD_BYTES;

const TAB = 0x09;

/**
 * Which keys the files in a folder are under, at any depth: those of a gateway, of batches, of external storage. Of each only the
 * beginning is read.
 * @param folder - a path or a URL
 * @throws StorageError, also where there is no file at all: a key may be given up for it, and the name may be misspelt
 */
export async function* keysOfFiles(folder: string): AsyncGenerator<string | null> {
  const storage = openStorage();
  const place = toLocation(folder, process.cwd());
  let isEmpty = true;
  for await (const location of storage.list(place)) {
    isEmpty = false;
    const beginning = await beginningOf(storage, location);
    if (beginning !== null) yield fileHead(beginning)?.keyId ?? headIn(beginning)?.keyId ?? keyOfPart(beginning);
  }
  if (isEmpty) throw new StorageError('missing', 'list', place, new Error('there are no files'));
}

/** Null: it was removed since it was listed. */
async function beginningOf(storage: Storage, location: string): Promise<Buffer | null> {
  try {
    return await buffer(await storage.read(location, { start: 0, end: BEGINNING_BYTES }));
  } catch (error) {
    if (error instanceof StorageError && error.code === 'missing') return null;
    throw error;
  }
}

/** A part has the facts of a row in plain text, a tab, and its text. A writer has one key. */
function keyOfPart(beginning: Buffer): string | null {
  const tab = beginning.indexOf(TAB);
  return tab === -1 ? null : keyIdOfText(beginning.subarray(tab + 1));
}
