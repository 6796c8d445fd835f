import { buffer } from 'node:stream/consumers';
import { fileHead, MAX_HEAD_BYTES } from '../encryption/encrypted-file.js';
import { keyIdOfText } from '../encryption/encrypted-text.js';
import { headIn } from '../external-storage/stored-piece.js';
import { openStorage, toLocation } from '../storage/index.js';

/** What stands before the first text of a part is not longer. */
const BEGINNING_BYTES = 64 * 1024 + MAX_HEAD_BYTES;

const TAB = 0x09;

/**
 * Which keys the files in a folder are under, at any depth: those of a gateway, of batches, of external storage. Of each only the
 * beginning is read.
 * @param folder - a path or a URL
 * @throws StorageError
 */
export async function* keysOfFiles(folder: string): AsyncGenerator<string | null> {
  const storage = openStorage();
  for await (const location of storage.list(toLocation(folder, process.cwd()))) {
    const beginning = await buffer(await storage.read(location, { start: 0, end: BEGINNING_BYTES }));
    yield fileHead(beginning)?.keyId ?? headIn(beginning)?.keyId ?? keyOfPart(beginning);
  }
}

/** A part has the facts of a row in plain text, a tab, and its text. A writer has one key. */
function keyOfPart(beginning: Buffer): string | null {
  const tab = beginning.indexOf(TAB);
  return tab === -1 ? null : keyIdOfText(beginning.subarray(tab + 1));
}
