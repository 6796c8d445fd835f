import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Storage } from '../storage/index.js';
import { inFolder } from './folder.js';
import { InputError } from './input-errors.js';
import { readBytes } from './read-bytes.js';

interface UnpackOptions {
  readonly storage: Storage;
  readonly input: string;
  readonly folder: string;
  /** Called after each block that was unpacked. */
  readonly onBytes: (bytes: number) => void;
}

const BLOCK_BYTES = 256 * 1024;

/** Where the rows can be read: the input itself or, when gzip packed it, a copy. It is told by its content, not by its name. */
export async function unpack({ storage, input, folder, onBytes }: UnpackOptions): Promise<string> {
  if (!isPacked(await readBytes(storage, input, { start: 0, end: 2 }))) return input;
  const spool = inFolder.spool(folder);
  const source = await storage.read(input);
  try {
    await storage.write(spool, unpacked(source, input, onBytes));
  } finally {
    source.destroy();
  }
  return spool;
}

/** Whether something that begins like this was packed by gzip. */
export function isPacked([first, second]: Uint8Array): boolean {
  return first === 0x1f && second === 0x8b;
}

/** @throws InputError when it is damaged */
export async function* unpacked(
  source: Readable,
  input: string,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: BLOCK_BYTES });
  source.once('error', (error) => gunzip.destroy(error));
  gunzip.once('close', () => source.destroy());
  source.pipe(gunzip);
  let bytes = 0;
  try {
    for await (const block of gunzip as AsyncIterable<Buffer>) {
      bytes += block.length;
      onBytes(bytes);
      yield block;
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!code.startsWith('Z_')) throw error;
    throw new InputError(input, `packed by gzip, but damaged or cut short (${message}); pack it again`);
  }
}
