import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { encryptFile } from '../encryption/encrypted-file.js';
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
  /** How large the rows may be, unpacked. @default any size that their packed size explains */
  readonly maxUnpackedBytes?: number | undefined;
}

/** How often its size a packed input may have. Rows that share a long prompt come to 100; zeros to 1,000. */
const MAX_RATIO = 200;

/** What is smaller fills no disk. */
const ANY_RATIO_BYTES = 64 * 1024 * 1024;

const BLOCK_BYTES = 256 * 1024;

/** Where the rows can be read: the input itself or, when gzip packed it, a copy. It is told by its content, not by its name. */
export async function unpack({ storage, input, folder, onBytes, maxUnpackedBytes }: UnpackOptions): Promise<string> {
  if (!isPacked(await readBytes(storage, input, { start: 0, end: 2 }))) return input;
  const spool = inFolder.spool(folder);
  const source = await storage.read(input);
  try {
    await storage.write(spool, encryptFile(storage.keys, unpacked(source, input, { onBytes, maxUnpackedBytes })));
  } finally {
    source.destroy();
  }
  return spool;
}

/** Whether something that begins like this was packed by gzip. */
export function isPacked([first, second]: Uint8Array): boolean {
  return first === 0x1f && second === 0x8b;
}

/** @throws InputError when it is damaged, or larger than it may be */
export async function* unpacked(
  source: Readable,
  input: string,
  { onBytes, maxUnpackedBytes = Infinity }: Partial<Pick<UnpackOptions, 'onBytes' | 'maxUnpackedBytes'>> = {},
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: BLOCK_BYTES });
  source.once('error', (error) => gunzip.destroy(error));
  gunzip.once('close', () => source.destroy());
  source.pipe(gunzip);
  let bytes = 0;
  try {
    for await (const block of gunzip as AsyncIterable<Buffer>) {
      bytes += block.length;
      if (bytes > maxUnpackedBytes) throw new InputError(input, `unpacks to more than ${maxUnpackedBytes} bytes`);
      if (bytes > ANY_RATIO_BYTES && bytes > MAX_RATIO * gunzip.bytesWritten) {
        const what = `unpacks to more than ${MAX_RATIO} times its size, which no rows do`;
        throw new InputError(input, `${what}; if these are rows all the same, give them unpacked`);
      }
      onBytes?.(bytes);
      yield block;
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!code.startsWith('Z_')) throw error;
    throw new InputError(input, `packed by gzip, but damaged or cut short (${message}); pack it again`);
  }
}
