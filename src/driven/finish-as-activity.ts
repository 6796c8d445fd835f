import {
  ActivityCancelledError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  type AsyncCompletionClient,
} from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { Clock } from '../clock.js';
import { beatEveryMs } from '../activities/heartbeat.js';
import { linkSignals } from '../activities/linked-signal.js';
import { HEARTBEAT_TIMEOUT_MS } from '../core/call/activity-options.js';
import type { TaskOfCall } from './first-task-answers.js';
import type { AttemptInFlight, StopReason } from '../activities/attempt-in-flight.js';

/** Between heartbeats of a call that was cancelled from this process: the next one is to hear of it. */
const CANCELLED_BEAT_MS = 100;

interface FinishDeps {
  readonly activities: AsyncCompletionClient;
  readonly clock: Clock;
  readonly namespace: string;
}

/**
 * Goes on with an attempt in flight as the activity that its call has scheduled, to the attempt's end. An activity that is
 * no longer this process's ends the attempt: whoever has it makes another.
 * @param cancelled - fires when the call was cancelled from this process
 */
export async function finishAsActivity(
  { activities, clock, namespace }: FinishDeps,
  { token: taskToken, callId: workflowId }: TaskOfCall,
  attempt: AttemptInFlight,
  cancelled: AbortSignal,
): Promise<void> {
  const options = { serializationContext: { type: 'activity', namespace, workflowId, isLocal: false } } as const;
  const beat = async (): Promise<void> => {
    try {
      await activities.heartbeat(taskToken, attempt.progress, options);
    } catch (error) {
      // A server that is away hears the next one.
      const reason = stopReason(error);
      if (reason !== null) attempt.stop(reason);
    }
  };
  const ended = new AbortController();
  const beating = beatUntil(clock, ended.signal, cancelled, beat);
  try {
    const end = await attempt.end;
    ended.abort();
    await beating;
    if (end.type === 'answered') return await activities.complete(taskToken, end.output, options);
    // The ledger is in the heartbeat, which the failure's successor reads.
    await beat();
    if (end.error instanceof CancelledFailure) {
      return await activities.reportCancellation(taskToken, attempt.progress, options);
    }
    await activities.fail(taskToken, end.error, options);
  } catch (error) {
    // Somebody else has the activity, or its timeout tells of the attempt.
    if (!(error instanceof ActivityNotFoundError)) throw error;
  } finally {
    ended.abort();
  }
}

async function beatUntil(
  clock: Clock,
  ended: AbortSignal,
  cancelled: AbortSignal,
  beat: () => Promise<void>,
): Promise<void> {
  while (!ended.aborted) {
    await beat();
    const pauseMs = cancelled.aborted ? CANCELLED_BEAT_MS : beatEveryMs(HEARTBEAT_TIMEOUT_MS);
    await pause(clock, pauseMs, cancelled.aborted ? [ended] : [ended, cancelled]);
  }
}

/** Ends with the time, or with the first signal. */
async function pause(clock: Clock, ms: number, signals: readonly AbortSignal[]): Promise<void> {
  const first = linkSignals(...signals);
  await clock.sleep(ms, { signal: first.signal }).catch(() => undefined);
  first.unlink();
}

function stopReason(error: unknown): StopReason | null {
  if (error instanceof ActivityCancelledError) return { cancelRequested: true };
  if (error instanceof ActivityPausedError) return { paused: true };
  if (error instanceof ActivityResetError) return { reset: true };
  if (error instanceof ActivityNotFoundError) return { notFound: true };
  return null;
}
