export { shownLocation } from '../core/common/location.js';
export { unreadable } from './decrypting-storage.js';
export { isS3, locationIn, toLocation } from './location.js';
export { makeFolder } from './make-folder.js';
export { openFiles, openStorage } from './open-storage.js';
export { StorageError } from './storage-error.js';
export type { ByteRange, PayloadStorage, Storage } from './storage.js';
