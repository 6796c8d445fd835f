import type { Payload, PayloadCodec } from '@temporalio/common';
import { decrypt, encrypt } from '../encryption/cipher.js';
import type { EncryptionKey, KeyRing } from '../encryption/key-ring.js';
import { bytesOfPayload, payloadOfBytes } from './payload-bytes.js';

/** The names that Temporal's own samples have for it, which its tools and other SDKs know. */
const ENCODING = 'encoding';
const ENCRYPTED = Buffer.from('binary/encrypted');
const KEY_ID = 'encryption-key-id';

/**
 * Encrypts payloads whole, with their metadata. What is not encrypted is read as it is: it was written before. Without
 * keys it lets all pass but what is encrypted, which nobody may take for something else.
 */
export class EncryptionCodec implements PayloadCodec {
  readonly #keys: KeyRing | undefined;
  readonly #boundTo: string;

  constructor(keys: KeyRing | undefined, namespace: string) {
    this.#keys = keys;
    this.#boundTo = `the namespace "${namespace}"`;
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    if (this.#keys === undefined || payloads.length === 0) return payloads;
    const key = await this.#keys.current();
    return payloads.map((payload) => this.#encrypted(key, payload));
  }

  /** @throws EncryptionError */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    if (!payloads.some((payload) => keyIdOf(payload) !== null)) return payloads;
    return Promise.all(payloads.map((payload) => this.#decrypted(payload)));
  }

  #encrypted(key: EncryptionKey, payload: Payload): Payload {
    return {
      metadata: { [ENCODING]: ENCRYPTED, [KEY_ID]: Buffer.from(key.id) },
      data: encrypt(key, bytesOfPayload(payload), this.#boundTo),
    };
  }

  async #decrypted(payload: Payload): Promise<Payload> {
    const keyId = keyIdOf(payload);
    if (keyId === null) return payload;
    return payloadOfBytes(await decrypt(this.#keys, keyId, payload.data ?? new Uint8Array(), this.#boundTo));
  }
}

/** The key that a payload is encrypted under; null: it is not encrypted, or by a codec that names no key, and is none of ours. */
export function keyIdOf({ metadata }: Payload): string | null {
  const { [ENCODING]: encoding, [KEY_ID]: keyId } = metadata ?? {};
  return encoding && keyId && ENCRYPTED.equals(encoding) ? Buffer.from(keyId).toString() : null;
}
