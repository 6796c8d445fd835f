import { Readable } from 'node:stream';
import type { Storage } from '../storage/index.js';
import { inFolder } from './folder.js';

/** On a disk that is full there is often room for a few bytes more. */
const PROBE_BYTES = 256 * 1024;

/**
 * Finds out whether a batch can write into its folder.
 * @throws StorageError
 */
export async function probeFolder(storage: Storage, folder: string): Promise<void> {
  const location = inFolder.probe(folder);
  await storage.write(location, Readable.from([Buffer.alloc(PROBE_BYTES)]));
  await storage.remove(location);
}
