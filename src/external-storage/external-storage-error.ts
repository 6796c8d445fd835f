import { shownLocation } from '../core/common/location.js';
import { EXTERNAL_STORAGE_ERROR } from './is-of-external-storage.js';
import { StorageError, type StorageErrorCode } from '../storage/storage-error.js';

/** `damaged`: what is there is not what was written. */
export type ExternalStorageErrorCode = Exclude<StorageErrorCode, 'locked'> | 'damaged';

/** What to do about payloads, per code. */
const ADVICE: Record<ExternalStorageErrorCode, string> = {
  missing:
    'check that this machine reaches the external_storage of the one that wrote it, or bring it back from a backup: what waits for it goes on then',
  denied: 'give this process the rights: what waits for it goes on then',
  full: 'free some space: what waits for it goes on then',
  unavailable: 'what waits for it goes on when the storage is back',
  unsupported: 'install the packages @aws-sdk/client-s3 and @aws-sdk/lib-storage, and start the process again',
  damaged: 'bring it back from a backup: what waits for it goes on then',
};

/** What cannot be done, as the text of an error says it. */
const CANNOT_BE = { read: 'cannot be read from', write: 'cannot be written to' } as const;

/** A payload in external storage cannot be read or written now. Whatever needs it waits, and nothing is lost. */
export class ExternalStorageError extends Error {
  override readonly name = EXTERNAL_STORAGE_ERROR;
  readonly code: ExternalStorageErrorCode;

  constructor(code: ExternalStorageErrorCode, what: string, options?: ErrorOptions) {
    super(`${what}; ${ADVICE[code]}`, options);
    this.code = code;
  }

  /** Whether it may pass by itself. */
  get mayPass(): boolean {
    return this.code === 'unavailable' || this.code === 'full';
  }

  /**
   * Whether the text of such an error tells of writing. Temporal may have left no more of it.
   * @internal
   */
  static isOfWriting(message: string): boolean {
    return message.includes(CANNOT_BE.write);
  }

  static of(action: 'read' | 'write', location: string, error: unknown): unknown {
    // Only what is read as a file can be locked.
    if (!(error instanceof StorageError) || error.code === 'locked') return error;
    const reason = error.cause instanceof Error ? error.cause.message || error.cause.name : String(error.cause);
    const what = `a payload ${CANNOT_BE[action]} ${shownLocation(location)}: ${reason}`;
    return new ExternalStorageError(error.code, what, { cause: error });
  }

  static damaged(location: string, cause?: unknown): ExternalStorageError {
    const what = `a payload in ${shownLocation(location)} is damaged: it is not what was written`;
    return new ExternalStorageError('damaged', what, { cause });
  }
}
