import type { KeyRing } from '../encryption/key-ring.js';
import { decryptingStorage } from './decrypting-storage.js';
import { isS3 } from './location.js';
import { LocalStorage } from './local-storage.js';
import { StorageError } from './storage-error.js';
import type { PayloadStorage, Storage } from './storage.js';

/**
 * Storage of all kinds of locations: local folders, and S3, whose library is loaded when it is first needed. S3's
 * credentials and region come as the AWS SDK finds them (environment, profile, role); `AWS_ENDPOINT_URL_S3` or
 * `AWS_ENDPOINT_URL` name another service than AWS's.
 */
export function openStorage(): PayloadStorage {
  const local = new LocalStorage();
  let s3: Promise<PayloadStorage> | null = null;
  const of = async (location: string): Promise<PayloadStorage> => {
    if (!isS3(location)) return local;
    s3 ??= import('./s3-storage.js').then(({ S3Storage }) => new S3Storage());
    return s3.catch((error: unknown) => {
      throw new StorageError('unsupported', 'read', location, error);
    });
  };
  return {
    read: async (location, range) => (await of(location)).read(location, range),
    readWhole: async (location) => (await of(location)).readWhole(location),
    size: async (location) => (await of(location)).size(location),
    write: async (location, content) => (await of(location)).write(location, content),
    create: async (location, text) => (await of(location)).create(location, text),
    appender: async (location) => (await of(location)).appender(location),
    async *list(folder) {
      yield* (await of(folder)).list(folder);
    },
    remove: async (location) => (await of(location)).remove(location),
    lastWrittenMs: async (location) => (await of(location)).lastWrittenMs(location),
  };
}

/**
 * Storage for the files of batches and of a gateway: with keys, what callers and providers say is encrypted there. What is
 * encrypted is read with its key, whoever wrote it; without one that is an error.
 */
export function openFiles(keys: KeyRing | undefined): Storage {
  return decryptingStorage(openStorage(), keys);
}
