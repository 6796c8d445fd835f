import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { BAD_INPUT, STORAGE_FAILURE, type InputIndex } from '../../core/batch/batch.js';
import { shownLocation } from '../../core/common/location.js';
import type { BatchControl } from './batch-control.js';

/** Why an activity could not read or write the files; null for any other error. */
export function storageTroubleIn(error: unknown): string | null {
  return messageOf(error, STORAGE_FAILURE);
}

function messageOf(error: unknown, type: string): string | null {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === type ? cause.message : null;
}

/** Runs what needs the files of the batch as a whole. When nobody can read or write them, the batch pauses. */
export async function withStorage<T>(work: () => Promise<T>, control: BatchControl, show: () => void): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const permanentError = messageOf(error, BAD_INPUT);
      if (permanentError !== null) throw badInput(permanentError);
      const trouble = storageTroubleIn(error);
      if (trouble === null) throw error;
      control.pause(`the files of the batch: ${trouble}`);
      show();
      await control.resumed();
    }
  }
}

/** Ends a batch before any money is spent on an input that is not right, or not what it was. */
export function refuseBadInput(
  { chunks, problems, sha256 }: InputIndex,
  { input, folder, expectedSha256 }: { input: string; folder: string; expectedSha256: string | null },
): void {
  const name = shownLocation(input);
  if (typeof chunks !== 'number') throw new TypeError('the check of its input was completed from outside');
  if (problems > 0) {
    const list = `${shownLocation(folder)}/problems.jsonl`;
    throw badInput(`${problems} rows of ${name} cannot be run, and none was: see ${list}`);
  }
  if (expectedSha256 !== null && expectedSha256 !== sha256) {
    throw badInput(`${name} has changed since the batch was first started: it must be what it was`);
  }
}

function badInput(message: string): ApplicationFailure {
  const made = ApplicationFailure.create({ type: BAD_INPUT, message, nonRetryable: true });
  // Where in this file it was made says nothing.
  made.stack = '';
  return made;
}
