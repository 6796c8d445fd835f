import { shownLocation } from '../core/common/location.js';

/** `locked`: it is encrypted, and this process has not its key. `unsupported`: a library for it is not installed. */
export type StorageErrorCode = 'missing' | 'denied' | 'full' | 'unavailable' | 'locked' | 'unsupported';

export type StorageAction = 'read' | 'write' | 'list' | 'remove';

/** What to do, per code. */
const ADVICE: Record<StorageErrorCode, string> = {
  missing: 'check the name, and that this machine sees the folder or bucket it is in',
  denied: 'give this process the rights, or name another place',
  full: 'free some space, or name another place',
  unavailable: 'check that the disk or the service can be reached from this machine',
  locked: 'nothing of it is lost',
  unsupported: 'install the packages @aws-sdk/client-s3 and @aws-sdk/lib-storage',
};

/** Storage could not be read or written. The message says what was wanted, why it failed, and what to do. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  readonly location: string;

  /** @param cause the error of the file system or of the service */
  constructor(code: StorageErrorCode, action: StorageAction, location: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    super(`cannot ${action} ${shownLocation(location)}: ${reason}; ${ADVICE[code]}`, { cause });
    this.code = code;
    this.location = location;
  }
}
