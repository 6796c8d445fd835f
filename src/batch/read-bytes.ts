import type { ByteRange, Storage } from '../storage/index.js';

/** A range, held: as many of its bytes as there are. */
export async function readBytes(storage: Storage, location: string, range: ByteRange): Promise<Buffer> {
  const blocks: Buffer[] = [];
  for await (const block of (await storage.read(location, range)) as AsyncIterable<Buffer>) blocks.push(block);
  return Buffer.concat(blocks);
}
