import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import type { CallModelGroupOutput, GroupFailure } from '../../core/call/call-types.js';
import { endedGroup, isEndedGroup } from '../../core/call/ended-group.js';
import { redactedMessage } from '../../core/common/redact.js';
import type { Failure } from '../../core/errors/classify.js';
import { isErrorKind } from '../../core/errors/error-kinds.js';
import { ownFailure } from '../../core/errors/own-failure.js';
import { isProgress, withoutWorker, type GroupProgress } from '../../core/retries/progress.js';
import { withGiveUp } from '../../core/retries/progress-steps.js';
import type { CallHost } from './call-host.js';

/** A group whose activity has ended. */
interface RunningGroup {
  /** What it had been through before that: it is all that is known where the activity has told nothing. */
  readonly before: GroupProgress;
  /** The time that it has by the plan of its call; null: any. */
  readonly deadlineMs: number | null;
}

/** Whether the workflow does what was changed. */
type IsPatched = CallHost['isPatched'];

/** Somebody completed the activity of a group by hand, with what is no answer. */
class NoAnswer extends Error {}

/**
 * The answer of a group, as its activity tells it.
 * @throws NoAnswer
 */
export function answerOf(result: unknown): CallModelGroupOutput {
  const { response, ended } = fieldsOf(result);
  if (response !== undefined && isEndedGroup(ended)) return { response, ended };
  throw new NoAnswer();
}

/**
 * What a failed activity says of its group. Usually the group gave up and says all of it. Temporal itself ends a group
 * only when no worker could: then the last heartbeat is what is known. An operator can end it in any way. Null for an
 * error that is no such failure.
 */
export function groupEndOf(
  error: unknown,
  { before, deadlineMs }: RunningGroup,
  nowMs: number,
  isPatched: IsPatched,
): GroupFailure | null {
  if (error instanceof NoAnswer) return completedFromOutside(before, nowMs);
  if (!(error instanceof ActivityFailure)) return null;
  const { cause } = error;
  if (cause instanceof TimeoutFailure) {
    const { timeoutType } = cause;
    const isTimeOver = timeoutType === 'SCHEDULE_TO_CLOSE';
    const isEarly = isTimeOver && nowMs < (deadlineMs ?? Infinity);
    if (isEarly && isPatched('shortened-from-outside')) return shortened(cause, before, nowMs);
    const wasTakenByNobody = timeoutType === 'SCHEDULE_TO_START' && isPatched('taken-by-nobody');
    return isTimeOver || wasTakenByNobody ? outOfTime(cause, before, nowMs) : attemptsLost(cause, before, nowMs);
  }
  const said = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
  return isGroupFailure(said) ? said : endedFromOutside(failureFromOutside(error), before, nowMs);
}

function completedFromOutside(before: GroupProgress, nowMs: number): GroupFailure {
  const message = `the activity of group ${before.group} was completed from outside, with a result that is no answer to the call`;
  return endedFromOutside(ownFailure('InternalServerError', message), before, nowMs);
}

function outOfTime(cause: TimeoutFailure, before: GroupProgress, nowMs: number): GroupFailure {
  const failure = ownFailure('Timeout', 'no worker brought the group to an end before its deadline');
  return { failure: { ...failure, deadlineReached: true }, ended: endedGroup(knownOf(cause, before, nowMs)) };
}

function attemptsLost(cause: TimeoutFailure, before: GroupProgress, nowMs: number): GroupFailure {
  const failure = ownFailure('AttemptsLostError', 'the attempts of the group were lost with their workers');
  return { failure, ended: endedGroup(knownOf(cause, before, nowMs)) };
}

/** What the last heartbeat told. */
function knownOf({ lastHeartbeatDetails: known }: TimeoutFailure, before: GroupProgress, nowMs: number): GroupProgress {
  return isProgress(known) ? withoutWorker(known, nowMs) : before;
}

/** Temporal ended it before the time that its plan gives it: somebody has changed the options of its activity. */
function shortened(cause: TimeoutFailure, before: GroupProgress, nowMs: number): GroupFailure {
  const what = 'the time of the group was shortened from outside (temporal activity update-options)';
  const progress = knownOf(cause, before, nowMs);
  const last = progress.decided?.failure;
  const message = last === undefined ? what : `${what}; the last attempt ended with ${last.kind}: ${last.message}`;
  const failure = ownFailure('Timeout', message);
  return { failure, ended: endedGroup(withGiveUp(progress, failure, 'its time was over', nowMs)) };
}

/** What its activity had told went with its heartbeat: the ledger has what was before that, and what ended it. */
function endedFromOutside(failure: Failure, before: GroupProgress, nowMs: number): GroupFailure {
  const progress = withGiveUp(before, failure, 'the group was ended from outside', nowMs);
  return { failure, ended: endedGroup(progress) };
}

function failureFromOutside({ cause, retryState }: ActivityFailure): Failure {
  const type = cause instanceof ApplicationFailure ? cause.type : null;
  const message = redactedMessage(cause?.message ?? 'no reason was given');
  if (retryState === 'MAXIMUM_ATTEMPTS_REACHED') {
    const last = type ? `${type}: ${message}` : message;
    return ownFailure(
      isErrorKind(type) ? type : 'InternalServerError',
      `the attempts of the group were limited from outside (temporal activity update-options); the last one ended with ${last}`,
    );
  }
  if (isErrorKind(type)) return ownFailure(type, message);
  const how = type ? `by ${type}` : 'by hand (temporal activity fail)';
  return ownFailure('InternalServerError', `the activity of the group was failed ${how}: ${message}`);
}

/** What a cancelled activity says of its group; null when it was waiting, for then Temporal cancels it unheard. */
export function cancelledProgress(error: unknown): GroupProgress | null {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const details: unknown = cause instanceof CancelledFailure ? cause.details?.[0] : undefined;
  return isProgress(details) ? details : null;
}

/** Whether a failed activity says what its group has been through. */
export function tellsProgress(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  const { cause } = error;
  if (cause instanceof TimeoutFailure) return isProgress(cause.lastHeartbeatDetails);
  return (
    cancelledProgress(error) !== null || (cause instanceof ApplicationFailure && isGroupFailure(cause.details?.[0]))
  );
}

/** The attempt failed before it heard of the cancellation, and Temporal begins no other. */
export function failedWhenCancelled(error: unknown, byAction: boolean, isPatched: IsPatched): boolean {
  const isSo = error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED';
  return isSo && (byAction || isPatched('failed-when-cancelled'));
}

function isGroupFailure(value: unknown): value is GroupFailure {
  const { failure, ended } = fieldsOf(value);
  const { kind, status, message } = fieldsOf(failure);
  return isErrorKind(kind) && typeof status === 'number' && typeof message === 'string' && isEndedGroup(ended);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
