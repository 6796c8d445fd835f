import { ApplicationFailure } from '@temporalio/common';
import { isCancellation } from '@temporalio/workflow';
import type { WorkFailure } from '../../core/batch/batch-events.js';
import { BAD_INPUT, STORAGE_FAILURE } from '../../core/batch/batch.js';
import { failureIn } from '../failure-in.js';

/** Why an activity of a batch failed, as the batch is told. */
export function workFailure(error: unknown): WorkFailure {
  if (isCancellation(error)) return { type: 'stopped', message: 'it was stopped' };
  const cause: unknown = failureIn(error);
  const message = cause instanceof Error ? cause.message : String(error);
  if (!(cause instanceof ApplicationFailure)) return { type: 'error', message };
  if (cause.type === STORAGE_FAILURE) return { type: 'storage', message };
  return { type: cause.type === BAD_INPUT ? 'input' : 'error', message };
}

/** What the workflow of a batch fails with. */
export function batchFailure(type: string, message: string): ApplicationFailure {
  const made = ApplicationFailure.create({ type, message, nonRetryable: true });
  // Where in this file it was made says nothing.
  made.stack = '';
  return made;
}
