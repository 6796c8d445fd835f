import { createSecretKey, type KeyObject } from 'node:crypto';

/** A key of AES-256. */
export interface EncryptionKey {
  /** Stands in plain text beside what is encrypted under it. */
  readonly id: string;
  readonly secret: KeyObject;
}

/**
 * The keys that a process has. Those of the config are one ring; a key management service can be another: it keeps the
 * keys that it has unwrapped, since it is asked for each payload.
 */
export interface KeyRing {
  /** The key for new data. */
  current(): Promise<EncryptionKey>;
  /** Undefined: the ring has no key of this id. */
  find(id: string): Promise<EncryptionKey | undefined>;
}

/**
 * A ring of keys in memory, where there are any: new data goes under the first.
 * @param configured - keys of 32 bytes
 */
export function keyRing(
  configured: readonly { readonly id: string; readonly key: Uint8Array }[] = [],
): KeyRing | undefined {
  const keys = configured.map(({ id, key }): EncryptionKey => ({ id, secret: createSecretKey(key) }));
  const [first] = keys;
  if (first === undefined) return undefined;
  const byId = new Map(keys.map((key) => [key.id, key]));
  return { current: async () => first, find: async (id) => byId.get(id) };
}

/** The id of a key as it stands before what is encrypted under it, without colons and line feeds. */
export function writtenKeyId(id: string): string {
  return encodeURIComponent(id);
}

/** The id again; one that was damaged is no key's, whatever it is. */
export function readKeyId(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}
