import { forgetOldest } from '../core/common/forget-oldest.js';
import { redactedMessage } from '../core/common/redact.js';
import { EncryptionError } from '../encryption/encryption-error.js';
import type { EncryptionKey, KeyRing } from '../encryption/key-ring.js';

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
        newest = await ring.current();
      } catch (error) {
        if (newest === undefined) throw EncryptionError.unavailable(null, reasonOf(error));
      }
      return newest;
    },
    async find(id) {
      try {
        const key = await ring.find(id);
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

/** It stands in plain text in histories. */
function reasonOf(error: unknown): string {
  return redactedMessage(error instanceof Error ? error.message || error.name : String(error));
}
