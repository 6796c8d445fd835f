import { decrypt, encrypt } from './cipher.js';
import { readKeyId, writtenKeyId, type EncryptionKey, type KeyRing } from './key-ring.js';

/** No JSON begins like this. */
const MARK = Buffer.from('encrypted:');

/** Texts in files belong to no namespace: several may read the same folder. */
const BOUND_TO = 'files of batches';

/** A text in one line, without what it says: a mark, the id of its key, and base64. Without a key, the text as it is. */
export function encryptText(key: EncryptionKey | undefined, text: string): string {
  if (key === undefined) return text;
  return `${String(MARK)}${writtenKeyId(key.id)}:${Buffer.from(encrypt(key, Buffer.from(text), BOUND_TO)).toString('base64')}`;
}

/**
 * The text again. One that is not encrypted stays as it is: it was written before.
 * @param bytes - with or without a line feed; of what was encrypted it is not kept
 * @throws EncryptionError
 */
export async function decryptText(keys: KeyRing | undefined, bytes: Buffer): Promise<Buffer> {
  const keyId = keyIdOfText(bytes);
  if (keyId === null) return bytes;
  const sealed = bytes.toString('latin1', bytes.indexOf(':', MARK.length) + 1);
  return decrypt(keys, keyId, Buffer.from(sealed, 'base64'), BOUND_TO);
}

/** The key that a text is encrypted under, of which the beginning is there; null: it is not encrypted. */
export function keyIdOfText(bytes: Buffer): string | null {
  if (!bytes.subarray(0, MARK.length).equals(MARK)) return null;
  return readKeyId(bytes.toString('utf8', MARK.length, bytes.indexOf(':', MARK.length)));
}

/** Whether a text is encrypted that lies in pieces. */
export function isEncryptedText(pieces: readonly Buffer[]): boolean {
  return Buffer.concat(pieces, MARK.length).equals(MARK);
}
