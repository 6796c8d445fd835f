export { locationIn, shownLocation, toLocation } from './location.js';
export { openStorage } from './open-storage.js';
export { StorageError, type StorageErrorCode } from './storage-error.js';
export type { Appender, ByteRange, Storage } from './storage.js';
