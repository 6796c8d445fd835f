import { joined } from './joined.js';
import { StorageError, type ByteRange, type Storage } from '../storage/index.js';

/** All of it or a range, held: as many of its bytes as there are. */
export async function readBytes(storage: Storage, location: string, range?: ByteRange): Promise<Buffer> {
  const blocks: Buffer[] = [];
  for await (const block of (await storage.read(location, range)) as AsyncIterable<Buffer>) blocks.push(block);
  return joined(blocks);
}

/** The whole as text; null when there is nothing. */
export async function readText(storage: Storage, location: string): Promise<string | null> {
  try {
    return String(await readBytes(storage, location));
  } catch (error) {
    if (error instanceof StorageError && error.code === 'missing') return null;
    throw error;
  }
}
