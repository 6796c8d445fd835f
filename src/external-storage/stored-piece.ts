import { createHash } from 'node:crypto';
import { decrypt, encryptAlike, keyedDigest } from '../encryption/cipher.js';
import type { EncryptionKey, KeyRing } from '../encryption/key-ring.js';
import { fieldsOf } from '../core/common/fields.js';
import { giveBack } from '../garbage.js';

/** Whose a piece is. */
export interface Owner {
  readonly namespace: string;
  readonly workflowId: string;
}

/** What stands in plain text before a piece, in a line. */
interface Head {
  readonly workflowId: string;
  /** Absent: it is not encrypted. */
  readonly keyId?: string;
}

/** A piece as it is stored. */
interface StoredPiece {
  readonly name: string;
  readonly blocks: readonly Uint8Array[];
  /** What was made of the piece for it, and is needed no longer once it is stored. */
  readonly made: readonly Uint8Array[];
}

/** A piece that may be stored already. */
export interface PieceToStore {
  /** Tells it from the other pieces of its workflow; takes less than storing it. */
  readonly mark: string;
  readonly stored: () => StoredPiece;
}

/**
 * What is stored of a piece: whose it is, and under which key, in a line of JSON, then its bytes. The same piece of the same
 * workflow is the same under the same key, so that it is stored once.
 */
export function pieceToStore(piece: Uint8Array, owner: Owner, key: EncryptionKey | undefined): PieceToStore {
  const head: Head = { workflowId: owner.workflowId, ...(key && { keyId: key.id }) };
  const headed = (bytes: readonly Uint8Array[]) => {
    const blocks = [Buffer.from(`${JSON.stringify(head)}\n`), ...bytes];
    return { name: nameOfStored(blocks), blocks };
  };
  if (key === undefined) {
    const stored = { ...headed([piece]), made: [] };
    return { mark: stored.name, stored: () => stored };
  }
  const digest = keyedDigest(key, piece, boundTo(owner));
  return {
    mark: `${key.id} ${Buffer.from(digest).toString('hex')}`,
    stored: () => {
      const made = encryptAlike(key, piece, boundTo(owner), digest);
      return { ...headed(made), made };
    },
  };
}

/**
 * The piece again. Where it is plain, it is not copied.
 * @param stored - nobody else's
 * @throws EncryptionError without its key
 */
export async function pieceIn(stored: Buffer, owner: Owner, keys: KeyRing | undefined): Promise<Uint8Array> {
  const bytes = stored.subarray(stored.indexOf('\n') + 1);
  const keyId = headIn(stored)?.keyId;
  if (keyId === undefined) return bytes;
  const piece = await decrypt(keys, keyId, bytes, boundTo(owner));
  giveBack(stored);
  return piece;
}

/** What stands before a piece, of which the beginning is there; null: it is none. */
export function headIn(beginning: Buffer): Head | null {
  try {
    const head = fieldsOf(JSON.parse(beginning.toString('utf8', 0, beginning.indexOf('\n'))));
    return typeof head['workflowId'] === 'string' ? (head as unknown as Head) : null;
  } catch {
    return null;
  }
}

/** What it is called: whoever reads it sees whether it is whole, without a key. */
export function nameOfStored(blocks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const block of blocks) hash.update(block);
  return hash.digest('hex');
}

function boundTo({ namespace, workflowId }: Owner): string {
  return `the workflow "${workflowId}" of the namespace "${namespace}"`;
}
