export const EXTERNAL_STORAGE_ERROR = 'ExternalStorageError';

/**
 * Whether an error tells of a payload that external storage has not, or does not take. Temporal may have left name and text
 * only, and the SDK may have loaded another copy of the class.
 */
export function isOfExternalStorage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === EXTERNAL_STORAGE_ERROR || ('type' in error && error.type === EXTERNAL_STORAGE_ERROR);
}
