import { createHash, hash, type Hash } from 'node:crypto';

const ROW_DIGEST_LENGTH = 32;

/** Identifies the bytes of a row: 128 bits, in hex digits. */
export function rowDigest(line: Buffer): string {
  return hash('sha256', line, 'hex').slice(0, ROW_DIGEST_LENGTH);
}

/** Identifies the rows of a chunk: feed it with their digests. Blank lines between them do not matter. */
export function chunkDigest(): Hash {
  return createHash('sha256');
}
