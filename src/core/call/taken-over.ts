import type { Failure } from '../errors/classify.js';
import { ownFailure } from '../errors/own-failure.js';
import { forAnotherActivity, startProgress, withoutWorker, type GroupProgress } from '../retries/progress.js';
import { withGiveUp } from '../retries/progress-steps.js';
import type { GroupPlan } from '../plan/call-plan.js';
import type { EndedGroup } from './ended-group.js';

/** What a group had told when an action ended its activity, for the next one. */
export function forNextActivity(progress: GroupProgress, nowMs: number): GroupProgress {
  return forAnotherActivity(withoutWorker(progress, nowMs));
}

/** Its wait is over: the provider's own word is passed over, too. */
export function retriedNow(progress: GroupProgress, nowMs: number): GroupProgress {
  const { askedToWait: _, decided, place, ...rest } = progress;
  return {
    ...rest,
    decided: decided && { ...decided, untilMs: nowMs },
    // It keeps its place in a line, and is told its turn anew: the limits may have changed.
    ...(place && { place: { ...place, dueMs: nowMs } }),
  };
}

/** The failure with which a group gives up by an action: its last one. */
export function failureOf({ decided, group }: GroupProgress): Failure {
  return decided?.failure ?? ownFailure('ServiceUnavailableError', `no attempt of group ${group} had ended`);
}

/** The group is given up, as an action has it: the retry that it waited for is not made. */
export function givenUp(progress: GroupProgress, reason: string, nowMs: number): GroupProgress {
  const known = withoutWorker(progress, nowMs);
  const retries = known.retries - (known.decided?.action === 'retry' ? 1 : 0);
  return withGiveUp({ ...known, retries }, failureOf(known), reason, nowMs);
}

/** A group that gave up goes on, since its plan was extended meanwhile: after the wait that it was asked for. */
export function continuedGroup(
  { group, ledger, attempts, retries, lastBudgetSize, failures = {} }: EndedGroup,
  failure: Failure,
  { retryAfterMs }: Pick<GroupPlan, 'retryAfterMs'>,
  nowMs: number,
): GroupProgress {
  const waitMs = Math.max(failure.retryAfterMs ?? 0, retryAfterMs);
  return {
    ...startProgress(group),
    ledger,
    attempts,
    // The retry that now follows is one of the call's.
    retriesBeforeReset: retries + 1,
    failures,
    lastBudgetSize,
    decided: { failure: { ...failure, deadlineReached: false }, action: 'retry', untilMs: nowMs + waitMs },
  };
}
