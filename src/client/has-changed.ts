import { InputError, inputDigest } from '../batch/index.js';
import { isS3, StorageError, type Storage } from '../storage/index.js';

/** So much is fetched from a bucket to compare it. */
const MAX_FETCHED_BYTES = 64 * 1024 * 1024;

/**
 * Whether an input is known to be another than the one that a batch ran. One that cannot be read here, or is large and in
 * a bucket, is not looked into.
 * @param sha256 - what the check of the batch found
 */
export async function hasChanged(storage: Storage, input: string, sha256: string): Promise<boolean> {
  try {
    const size = await storage.size(input);
    if (size === null || (isS3(input) && size > MAX_FETCHED_BYTES)) return false;
    return (await inputDigest(storage, input)) !== sha256;
  } catch (error) {
    if (error instanceof StorageError) return false;
    if (error instanceof InputError) return true;
    throw error;
  }
}
