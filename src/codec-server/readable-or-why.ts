import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { decode } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { EncryptionError } from '../encryption/encryption-error.js';
import { ExternalStorageError } from '../external-storage/external-storage-error.js';

/** A payload decrypted; where that cannot be, one that says why in its place: the others of a page are shown all the same. */
export async function readableOrWhy(codecs: PayloadCodec[], payload: Payload): Promise<Payload> {
  try {
    const [decoded = payload] = await decode(codecs, [payload]);
    return decoded;
  } catch (error) {
    if (error instanceof EncryptionError) return defaultPayloadConverter.toPayload({ notDecrypted: error.message });
    if (error instanceof ExternalStorageError) return defaultPayloadConverter.toPayload({ notRead: error.message });
    throw error;
  }
}
