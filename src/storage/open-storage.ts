import type { Storage } from './storage.js';

/**
 * Storage of all kinds of locations: local folders, and S3, whose library is loaded when it is first needed. S3's
 * credentials and region come as the AWS SDK finds them (environment, profile, role); `AWS_ENDPOINT_URL_S3` or
 * `AWS_ENDPOINT_URL` name another service than AWS's.
 */
export function openStorage(): Storage {
  throw new Error('not built yet');
}
