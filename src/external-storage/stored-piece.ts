import { createHash } from 'node:crypto';
import { decrypt, encryptAlike } from '../encryption/cipher.js';
import type { EncryptionKey, KeyRing } from '../encryption/key-ring.js';
import { fieldsOf } from '../core/common/fields.js';

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

/**
 * A piece as it is stored: whose it is, and under which key, in a line of JSON, then its bytes. The same piece of the same
 * workflow is the same under the same key, so that it is stored once.
 */
export function storedPiece(piece: Uint8Array, owner: Owner, key: EncryptionKey | undefined): Uint8Array {
  const head: Head = { workflowId: owner.workflowId, ...(key && { keyId: key.id }) };
  const bytes = key === undefined ? piece : encryptAlike(key, piece, boundTo(owner));
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), bytes]);
}

/**
 * The piece again.
 * @throws EncryptionError without its key
 */
export async function pieceIn(stored: Buffer, owner: Owner, keys: KeyRing | undefined): Promise<Uint8Array> {
  const end = stored.indexOf('\n');
  const keyId = headIn(stored)?.keyId;
  const bytes = stored.subarray(end + 1);
  return keyId === undefined ? bytes : decrypt(keys, keyId, bytes, boundTo(owner));
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
export function nameOfStored(stored: Uint8Array): string {
  return createHash('sha256').update(stored).digest('hex');
}

function boundTo({ namespace, workflowId }: Owner): string {
  return `the workflow "${workflowId}" of the namespace "${namespace}"`;
}
