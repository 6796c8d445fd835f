import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { EncryptionError } from '../encryption/encryption-error.js';

/** A payload decrypted; where that cannot be, one that says why in its place: the others of a page are shown all the same. */
export async function readableOrWhy(codec: PayloadCodec, payload: Payload): Promise<Payload> {
  try {
    const [decoded = payload] = await codec.decode([payload]);
    return decoded;
  } catch (error) {
    if (!(error instanceof EncryptionError)) throw error;
    return defaultPayloadConverter.toPayload({ notDecrypted: error.message });
  }
}
