import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomFillSync } from 'node:crypto';
import { EncryptionError } from './encryption-error.js';
import type { EncryptionKey, KeyRing } from './key-ring.js';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const DIGEST_KEY_BYTES = 32;

/**
 * Encrypts: 12 random bytes, the ciphertext, and its tag of 16 bytes.
 * @param boundTo - what the data belongs to, a namespace for instance; elsewhere it cannot be decrypted
 */
export function encrypt(key: EncryptionKey, plain: Uint8Array, boundTo: string): Uint8Array {
  return Buffer.concat(encryptWith(randomIv(), key, plain, boundTo));
}

/** Random bytes come for many at once: those of one take as long as to encrypt a small payload. */
const random = Buffer.allocUnsafeSlow(512 * IV_BYTES);
let used = random.length;

/** Is another one after some more: whoever has it copies it at once. */
function randomIv(): Uint8Array {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  used += IV_BYTES;
  return random.subarray(used - IV_BYTES, used);
}

/** A keyed digest of data and what it belongs to: nobody without the key can tell what it is of, and other data has another. */
export function keyedDigest(key: EncryptionKey, plain: Uint8Array, boundTo: string): Uint8Array {
  const digestKey = Buffer.from(hkdfSync('sha256', key.secret, '', 'initial vectors by content', DIGEST_KEY_BYTES));
  return createHmac('sha256', digestKey).update(boundTo).update('\0').update(plain).digest();
}

/**
 * Encrypts with the data's keyed digest in place of random bytes: what is the same and belongs to the same is the same
 * encrypted, so that it can be stored once.
 * @returns it in blocks, which follow each other
 */
export function encryptAlike(key: EncryptionKey, plain: Uint8Array, boundTo: string, digest: Uint8Array): Uint8Array[] {
  return encryptWith(digest.subarray(0, IV_BYTES), key, plain, boundTo);
}

function encryptWith(iv: Uint8Array, { secret }: EncryptionKey, plain: Uint8Array, boundTo: string): Uint8Array[] {
  const cipher = createCipheriv(ALGORITHM, secret, iv).setAAD(Buffer.from(boundTo));
  const encrypted = cipher.update(plain);
  cipher.final();
  return [iv, encrypted, cipher.getAuthTag()];
}

/**
 * Decrypts with the key of that id.
 * @throws EncryptionError when the ring has no such key, or another one, or the data is bound to something else
 */
export async function decrypt(
  keys: KeyRing | undefined,
  keyId: string,
  sealed: Uint8Array,
  boundTo: string,
): Promise<Buffer> {
  const key = await keys?.find(keyId);
  if (key === undefined) throw EncryptionError.missing(keyId);
  try {
    const decipher = createDecipheriv(ALGORITHM, key.secret, sealed.subarray(0, IV_BYTES));
    decipher.setAAD(Buffer.from(boundTo)).setAuthTag(sealed.subarray(-TAG_BYTES));
    const plain = decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES));
    // Of a stream cipher nothing is left: it checks the tag.
    decipher.final();
    return plain;
  } catch (error) {
    throw EncryptionError.wrong(keyId, boundTo, error);
  }
}
