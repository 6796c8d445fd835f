import { shownLocation } from './location.js';

export type StorageErrorCode = 'missing' | 'denied' | 'full' | 'unavailable';

/** What to do, per code. */
const ADVICE: Record<StorageErrorCode, string> = {
  missing: 'check the name, and that this machine sees the folder or bucket it is in',
  denied: 'give this process the rights, or name another place',
  full: 'free some space, or name another place',
  unavailable: 'check that the disk or the service is reachable from this machine',
};

/** Storage could not be read or written. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  readonly location: string;

  /** @param action what was done to the location: "read", "write" */
  constructor(code: StorageErrorCode, action: string, location: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`cannot ${action} ${shownLocation(location)}: ${reason}; ${ADVICE[code]}`, { cause });
    this.code = code;
    this.location = location;
  }
}
