import { forgetOldest } from '../core/common/forget-oldest.js';
import { redactedMessage } from '../core/common/redact.js';
import { EncryptionError } from '../encryption/encryption-error.js';
import type { EncryptionKey, KeyRing } from '../encryption/key-ring.js';

/** Of AES-256. */
const KEY_BYTES = 32;

/** Keys that are remembered. */
const MAX_KEYS = 1000;

/**
 * A ring of the user's own, which may fail. A key that it gave before serves as long as it does: an answer that is paid has to be
 * encrypted in one go, and so has the failure that would tell of the ring. Where there is none, an `EncryptionError` says so.
 */
export function steadyRing(ring: KeyRing): KeyRing {
  const given = new Map<string, EncryptionKey>();
  let newest: EncryptionKey | undefined;
  return {
    async current() {
      try {
        newest = usable(await ring.current());
      } catch (error) {
        if (newest === undefined) throw EncryptionError.unavailable(null, reasonOf(error));
      }
      return newest;
    },
    async find(id) {
      try {
        const found = await ring.find(id);
        const key = found && usable(found);
        if (key === undefined) given.delete(id);
        else given.set(id, key);
        forgetOldest(given, MAX_KEYS);
        return key;
      } catch (error) {
        const known = given.get(id) ?? (newest?.id === id ? newest : undefined);
        if (known === undefined) throw EncryptionError.unavailable(id, reasonOf(error));
        return known;
      }
    },
  };
}

/** @throws TypeError when nothing can be encrypted with it */
function usable(key: EncryptionKey): EncryptionKey {
  if (key.id !== '' && key.secret.symmetricKeySize === KEY_BYTES) return key;
  throw new TypeError(`expected a key with an id and ${KEY_BYTES} bytes, made by createSecretKey`);
}

/** It stands in plain text in histories. */
function reasonOf(error: unknown): string {
  return redactedMessage(error instanceof Error ? error.message || error.name : String(error));
}
