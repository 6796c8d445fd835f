import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { redactedMessage } from '../core/common/redact.js';
import { holdText, type Hold } from '../core/deployments/hold.js';
import { KNOWN_ELSEWHERE } from '../core/deployments/unknown-deployments.js';
import type { GroupPlan } from '../core/plan/call-plan.js';
import type { GroupFailure } from '../core/call/call-types.js';
import { classify, type Failure } from '../core/errors/classify.js';
import type { FailureCause } from '../core/errors/failure-facts.js';
import type { AttemptLimit } from '../core/retries/deadline.js';
import type { Decision } from '../core/retries/decide.js';
import { endedGroup } from '../core/call/ended-group.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import { ownFailure } from '../core/errors/own-failure.js';
import type { GroupProgress } from '../core/retries/progress.js';

/** The least delay: Temporal takes a delay of 0 for "no more retries". */
const AT_ONCE_MS = 1;

/** The failure types of attempts that we stopped ourselves. They are no error kinds: nothing is charged. */
const WORKER_SHUTDOWN = 'WorkerShutdown';
export const WAITING = 'Waiting';

/** A failure without its stack: where in this file it was made says nothing, and history keeps it for long. */
function make(options: Parameters<typeof ApplicationFailure.create>[0]): ApplicationFailure {
  const made = ApplicationFailure.create(options);
  made.stack = '';
  return made;
}

/** What Temporal is told of a decision: when the next attempt comes, or that the group gave up. */
export function toFailure(failure: Failure, decision: Decision, progress: GroupProgress): ApplicationFailure {
  switch (decision.action) {
    case 'retry':
      return retryLater(failure, decision.waitMs, progress.now);
    case 'standby':
      return retryLater(failure, AT_ONCE_MS, progress.now);
    case 'give up':
      return groupGaveUp(failure, progress);
  }
}

/** The next attempt comes later. The failure is short: Temporal cuts long ones, and the ledger is in the heartbeat. */
function retryLater({ kind }: Failure, delayMs: number, message: string): ApplicationFailure {
  return make({
    type: kind,
    message,
    nextRetryDelay: Math.max(AT_ONCE_MS, delayMs),
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** The group gives up: the last failure, with everything that happened in its details. */
export function groupGaveUp(failure: Failure, progress: GroupProgress): ApplicationFailure {
  const details: GroupFailure = { failure, ended: endedGroup(progress) };
  return make({
    type: failure.kind,
    message: failure.message,
    nonRetryable: true,
    details: [details],
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** A failure that ends the call before or outside any attempt. */
export function callRefused(kind: ErrorKind, message: string): ApplicationFailure {
  return make({ type: kind, message, nonRetryable: true, category: ApplicationFailureCategory.BENIGN });
}

/** The end of an attempt that has no time left before it began. */
export function timedOut(limit: AttemptLimit, nowMs: number): Failure {
  return judged({ type: 'timeout', ...limit }, nowMs);
}

/** The end of an attempt whose deployments nobody here knows. */
export function unknownDeployment(message: string, nowMs: number): Failure {
  return judged({ type: 'unknown deployment', message }, nowMs);
}

function judged(cause: FailureCause, nowMs: number): Failure {
  return classify({ cause, phase: 'connecting', headers: {} }, nowMs);
}

/** The end of a group whose attempts kept being lost with their workers. */
export function attemptsLost({ maxLostAttempts }: GroupPlan): Failure {
  return ownFailure(
    'AttemptsLostError',
    `more than ${maxLostAttempts} attempts were lost with their workers (max_lost_attempts)`,
  );
}

/** The end of a group whose deployments all cool down, before any of them was asked. */
export function allCooling(group: string, returnMs: number, nowMs: number): Failure {
  const retryAfterMs = returnMs - nowMs;
  return {
    ...ownFailure(
      'RateLimitError',
      `all deployments of ${group} are cooling down; the first is back in ${retryAfterMs / 1000} s`,
    ),
    retryAfterMs,
  };
}

/** The end of a group whose deployments are all held, before any of them was asked. */
export function groupHeld(hold: Hold): Failure {
  return ownFailure('ServiceUnavailableError', redactedMessage(holdText(hold)));
}

/** The end of a group whose time is too short to wait for a slot, before any deployment was asked. */
export function noSlot(slot: string): Failure {
  return ownFailure('RateLimitError', `there was not in time ${slot}`);
}

/** The attempt cannot be made now; Temporal starts it again later. */
export function waitsFor(why: string, waitMs: number): ApplicationFailure {
  return make({
    type: WAITING,
    message: `waits for ${why}; charged to no budget`,
    nextRetryDelay: Math.max(AT_ONCE_MS, waitMs),
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** What is asked for is not known on this worker, and another may know it. */
export function knownElsewhere(what: string): ApplicationFailure {
  return make({ type: KNOWN_ELSEWHERE, message: `needs ${what}`, nonRetryable: true });
}

/** Another worker takes the attempt over at once. */
export function handedOver(): ApplicationFailure {
  return make({
    type: WORKER_SHUTDOWN,
    message: 'the worker is shutting down; another one goes on; charged to no budget',
    nextRetryDelay: AT_ONCE_MS,
    category: ApplicationFailureCategory.BENIGN,
  });
}
