import { StorageError, type StorageAction, type StorageErrorCode } from './storage-error.js';

/** What S3's errors mean, by name. Those that are not here are judged by their HTTP status. */
const CODES: Readonly<Record<string, StorageErrorCode>> = {
  NoSuchKey: 'missing',
  NoSuchBucket: 'missing',
  NotFound: 'missing',
  CredentialsProviderError: 'denied',
  // Names that services other than AWS's have for a disk that is full.
  QuotaExceeded: 'full',
  XMinioStorageFull: 'full',
};

const STATUSES: Readonly<Record<number, StorageErrorCode>> = {
  401: 'denied',
  403: 'denied',
  404: 'missing',
  507: 'full',
};

interface ServiceError {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

export function s3Error(action: StorageAction, location: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const { name = '', $metadata } = error as ServiceError;
  const code = CODES[name] ?? STATUSES[$metadata?.httpStatusCode ?? 0] ?? 'unavailable';
  return new StorageError(code, action, location, named(error, name));
}

/** HEAD has no body to say more than "UnknownError" or a status. */
function named(error: unknown, name: string): unknown {
  const hasMessage = error instanceof Error && error.message !== '' && error.message !== 'UnknownError';
  return hasMessage ? error : name;
}

/** The HTTP status of a service's error. */
export function s3Status(error: unknown): number | undefined {
  return (error as ServiceError).$metadata?.httpStatusCode;
}
