import { ActivityFailure } from '@temporalio/common';

/** What an activity failed with: the failure of a local one comes as it was thrown. */
export function failureIn(error: unknown): Error {
  return (error instanceof ActivityFailure ? (error.cause ?? error) : error) as Error;
}
