import { StorageError, type StorageAction, type StorageErrorCode } from './storage-error.js';

/** What the file system's errors mean. Any other: the storage is unavailable. */
const CODES: Readonly<Record<string, StorageErrorCode>> = {
  ENOENT: 'missing',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  // A folder is wanted where a file is, or the other way round.
  ENOTDIR: 'denied',
  EEXIST: 'denied',
  EISDIR: 'denied',
};

function fileErrorCode(error: unknown, action: StorageAction): StorageErrorCode {
  const { code = '' } = error as NodeJS.ErrnoException;
  // Who reads below a file finds nothing there.
  if (code === 'ENOTDIR' && action !== 'write') return 'missing';
  return CODES[code] ?? 'unavailable';
}

export function fileError(action: StorageAction, location: string, error: unknown): StorageError {
  return new StorageError(fileErrorCode(error, action), action, location, error);
}

/** Does something with a file; its errors become `StorageError`. */
export async function withFile<T>(action: StorageAction, location: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(action, location, error);
  }
}
