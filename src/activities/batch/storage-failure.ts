import { hostname } from 'node:os';
import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import type { Clock } from '../../clock.js';
import { InputChangedError, InputError } from '../../batch/index.js';
import { BAD_INPUT, BATCH_BROKEN, STORAGE_FAILURE } from '../../core/batch/batch.js';
import { STORAGE_PATIENCE_MS } from '../../core/call/activity-options.js';
import { redactedMessage } from '../../core/common/redact.js';
import { StorageError } from '../../storage/index.js';

/** A worker that cannot see the files keeps the task for so long: others take theirs meanwhile. */
const HOLD_MS = 500;

/**
 * From this attempt on the batch is told, which pauses when nobody gets on. The server hands a task to the poll that has
 * waited longest, and a worker has 10 of them: so two that cannot see the files may be asked before one that can.
 */
const LAST_ATTEMPT = 25;

/** An error that says what is to be done, or that comes of a stop. */
function isOurs(error: unknown): boolean {
  return error instanceof TemporalFailure || cancellationSignal().aborted;
}

/** An error that nobody expected would come again: the batch decides how often it is tried, and tells of it. */
function ownError(error: unknown): ApplicationFailure {
  const message = redactedMessage(error instanceof Error ? error.message : String(error));
  log.error('a batch cannot go on', { error });
  return ApplicationFailure.create({ type: BATCH_BROKEN, message, nonRetryable: true });
}

/**
 * Runs what works on files. When they cannot be read or written, another worker may be able to; when none is, the batch
 * is told why.
 */
export async function withFiles<T>(clock: Pick<Clock, 'now' | 'sleep'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StorageError) && !(error instanceof InputError)) {
      throw isOurs(error) ? error : ownError(error);
    }
    // An input that has changed can be put back; one that never was right cannot.
    const isHopeless = error instanceof InputError && !(error instanceof InputChangedError);
    const { attempt, scheduledTimestampMs } = activityInfo();
    log.warn(error.message);
    // A disk that is full, or an input that is wrong, is so for all.
    const isForAll = error instanceof InputError || error.code === 'full';
    const isLate = clock.now() - scheduledTimestampMs > STORAGE_PATIENCE_MS;
    const isLast = isForAll || isLate || attempt >= LAST_ATTEMPT;
    if (!isLast) await clock.sleep(HOLD_MS, { signal: cancellationSignal() }).catch(() => {});
    throw ApplicationFailure.create({
      type: isHopeless ? BAD_INPUT : STORAGE_FAILURE,
      message: `${hostname()}: ${error.message}`,
      nonRetryable: isLast,
      nextRetryDelay: 1,
    });
  }
}
