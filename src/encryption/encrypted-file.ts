import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { EncryptionError } from './encryption-error.js';
import { readKeyId, writtenKeyId, type EncryptionKey, type KeyRing } from './key-ring.js';

/**
 * A file that is encrypted: a line in plain text, the head, then frames of so many bytes, each encrypted by itself, so that any
 * part of it can be read. The last frame has fewer bytes, or none: whoever reads to the end sees whether the file is whole.
 */
const FRAME_BYTES = 64 * 1024;

const ALGORITHM = 'aes-256-gcm';
const TAG_BYTES = 16;
const IV_BYTES = 12;
const SALT_BYTES = 32;
const SEALED_FRAME_BYTES = FRAME_BYTES + TAG_BYTES;

/** No JSON begins like this, and nothing that is packed. */
const MARK = 'encrypted-file:';
const HEAD = new RegExp(`^${MARK}([^:\\n]+):([\\da-f]{${2 * SALT_BYTES}})\\n`);

/** A head is not longer. */
export const MAX_HEAD_BYTES = 1024;

/** What stands in plain text before an encrypted file. */
export interface FileHead {
  readonly keyId: string;
  readonly salt: Buffer;
  /** In bytes, its line feed included. */
  readonly length: number;
}

/** Whether more of a file has to be read to tell what it is. */
export function mayBeHead(beginning: Buffer): boolean {
  const known = Math.min(beginning.length, MARK.length);
  return beginning.length < MAX_HEAD_BYTES && beginning.toString('latin1', 0, known) === MARK.slice(0, known);
}

/** The head that a file begins with; null: the file is not encrypted. */
export function fileHead(beginning: Buffer): FileHead | null {
  const [head, keyId = '', salt = ''] = HEAD.exec(beginning.toString('latin1', 0, MAX_HEAD_BYTES)) ?? [];
  return head === undefined ? null : { keyId: readKeyId(keyId), salt: Buffer.from(salt, 'hex'), length: head.length };
}

/** How many bytes the file has in plain text. */
export function plainBytesOf({ length }: FileHead, storedBytes: number): number {
  const sealed = Math.max(0, storedBytes - length);
  return Math.max(0, sealed - TAG_BYTES * (Math.floor(sealed / SEALED_FRAME_BYTES) + 1));
}

/** The frames that have a part of the plain text. */
export interface Frames {
  /** The number of the first of them. */
  readonly first: number;
  /** Where they are in the file. */
  readonly stored: { readonly start: number; readonly end: number };
  /** So many bytes of their plain text are before the part. */
  readonly skipped: number;
  /** So many bytes the part has at most; null: all that there are, to the end of the file. */
  readonly wanted: number | null;
}

/** @param range - of the plain text. @default all of it */
export function framesOf({ length }: FileHead, range?: { readonly start: number; readonly end: number }): Frames {
  if (range === undefined) return { first: 0, stored: { start: length, end: Infinity }, skipped: 0, wanted: null };
  const first = Math.floor(range.start / FRAME_BYTES);
  const behind = Math.ceil(range.end / FRAME_BYTES);
  const at = (frame: number) => length + frame * SEALED_FRAME_BYTES;
  const stored = { start: at(first), end: at(behind) };
  return { first, stored, skipped: range.start - first * FRAME_BYTES, wanted: range.end - range.start };
}

/** The same content, encrypted where there are keys, as it comes. */
export async function* encryptFile(
  keys: KeyRing | undefined,
  content: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<Uint8Array | string> {
  const key = await keys?.current();
  if (key === undefined) {
    yield* content;
    return;
  }
  const salt = randomBytes(SALT_BYTES);
  yield `${MARK}${writtenKeyId(key.id)}:${salt.toString('hex')}\n`;
  const secret = secretOf(key, salt);
  let frame = 0;
  let last = FRAME_BYTES;
  for await (const plain of inPieces(content, FRAME_BYTES)) {
    yield sealed(secret, frame++, plain);
    last = plain.length;
  }
  if (last === FRAME_BYTES) yield sealed(secret, frame, Buffer.alloc(0));
}

/**
 * The plain text in frames.
 * @param blocks - what is stored of them
 * @throws EncryptionError when a frame was encrypted under another key, or is damaged
 * @throws Error when the file is cut short
 */
export async function* decryptFrames(
  key: EncryptionKey,
  { salt }: FileHead,
  { first, skipped, wanted }: Frames,
  blocks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const secret = secretOf(key, salt);
  let frame = first;
  let [skip, left, isWhole] = [skipped, wanted ?? Infinity, false];
  for await (const stored of inPieces(blocks, SEALED_FRAME_BYTES)) {
    let plain: Buffer;
    try {
      plain = opened(secret, frame, stored);
    } catch (error) {
      throw EncryptionError.wrong(key.id, 'this file', error);
    }
    frame += 1;
    isWhole = stored.length < SEALED_FRAME_BYTES;
    const part = plain.subarray(skip, skip + left);
    skip = Math.max(0, skip - plain.length);
    left -= part.length;
    if (part.length > 0) yield part;
  }
  if (wanted === null && !isWhole) throw new Error('it is cut short; bring it back from where it came from');
}

/** Pieces of so many bytes each; the last has fewer, where there are any left. */
async function* inPieces(blocks: AsyncIterable<Uint8Array | string>, bytes: number): AsyncGenerator<Buffer> {
  // Together less than a piece, until the last of them: a source may give a byte at a time.
  let held: Buffer[] = [];
  let size = 0;
  for await (const block of blocks) {
    const buffer = Buffer.from(block as Uint8Array);
    held.push(buffer);
    size += buffer.length;
    if (size < bytes) continue;
    let rest = Buffer.concat(held);
    for (; rest.length >= bytes; rest = rest.subarray(bytes)) yield rest.subarray(0, bytes);
    held = [rest];
    size = rest.length;
  }
  if (size > 0) yield Buffer.concat(held);
}

/** Each file has a key of its own, so that the number of a frame is enough of an initial vector. */
function secretOf({ secret }: EncryptionKey, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, 'files in frames', 32));
}

/** A frame cannot stand in the place of another one, and no other can be the last. */
function vectorOf(frame: number, isLast: boolean): Buffer {
  const vector = Buffer.alloc(IV_BYTES);
  vector.writeUInt32BE(frame, IV_BYTES - 5);
  vector.writeUInt8(isLast ? 1 : 0, IV_BYTES - 1);
  return vector;
}

function sealed(secret: Buffer, frame: number, plain: Buffer): Buffer {
  const cipher = createCipheriv(ALGORITHM, secret, vectorOf(frame, plain.length < FRAME_BYTES));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function opened(secret: Buffer, frame: number, bytes: Buffer): Buffer {
  const decipher = createDecipheriv(ALGORITHM, secret, vectorOf(frame, bytes.length < SEALED_FRAME_BYTES));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const plain = decipher.update(bytes.subarray(0, -TAG_BYTES));
  // Of a stream cipher nothing is left: it checks the tag.
  decipher.final();
  return plain;
}
