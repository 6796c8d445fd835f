import { asksAnotherAtOnce, waitBeforeRetry, type Wait, type WaitInput } from './backoff.js';
import { budgetFor, type Budget, type NoBudget } from './budget.js';
import type { GroupPlan } from '../plan/call-plan.js';
import type { Failure } from '../errors/classify.js';
import { mayMove } from '../errors/may-move.js';
import { canFallBack, type WalkOutlook } from '../fallbacks/fallback-walk.js';
import { earliestReturn, freshDeployments, nextStandby, type Cooling } from '../deployments/pick-deployment.js';
import type { GroupProgress } from './progress.js';
import type { DeploymentPlan } from '../plan/settings.js';

export interface DecideInput {
  readonly failure: Failure;
  /** The deployment that failed. */
  readonly deployment: DeploymentPlan;
  readonly plan: GroupPlan;
  /** The group's progress before this failure. */
  readonly progress: GroupProgress;
  /** Which deployments are left out for now, the one that failed among them if it began to cool. */
  readonly cooling: Cooling;
  /** Where the walk could go when the group started. */
  readonly walk: WalkOutlook;
  /** When the group must be done, ms since the epoch; null: never. */
  readonly deadlineMs: number | null;
  /** Retries that are left to the call as a whole; null: not capped. */
  readonly retriesLeftInCall: number | null;
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** What to do after a failure, and why. */
export type Decision =
  | { readonly action: 'retry'; readonly waitMs: number; readonly reason: string }
  | { readonly action: 'standby'; readonly deployment: string; readonly reason: string }
  | { readonly action: 'give up'; readonly reason: string };

/** A decision, and the budget that the failure was counted on. */
export interface Decided {
  readonly decision: Decision;
  readonly budget: Budget | null;
}

/** Retry, go to a standby, or give the group up: docs/retries.md and docs/deployments.md. The current error decides, never the first. */
export function decide(input: DecideInput): Decided {
  const budget = budgetFor(input.failure, input.plan, input.deployment);
  const decision = decideRetry(input, budget);
  return {
    decision: decision.action === 'give up' ? (standbyInstead(input) ?? decision) : decision,
    budget: budget.name === null ? null : budget,
  };
}

/** Failures so far on a budget, the current one included. */
export function failuresOn(progress: GroupProgress, budget: Budget): number {
  return (progress.failures[budget.name] ?? 0) + 1;
}

function decideRetry(input: DecideInput, budget: Budget | NoBudget): Decision {
  const { failure, progress, retriesLeftInCall, deadlineMs, nowMs } = input;
  if (failure.deadlineReached) return giveUp('the deadline of the group was reached');
  if (failure.contentDelivered) return giveUp('content of the stream had been read: nothing may answer a second time');
  if (budget.name === null) return giveUp(budget.reason);
  const failures = failuresOn(progress, budget);
  if (failures > budget.size) {
    return giveUp(budget.size === 0 ? `${budget.name} is 0` : `${budget.name} (${budget.size}) is used up`);
  }
  if (budget.moveOnly && untried(input).length === 0) {
    return giveUp(notRetriedHere(failure));
  }
  if (retriesLeftInCall !== null && retriesLeftInCall <= 0) {
    return giveUp('num_retries_per_request: the call has no retries left');
  }

  const waiting = waitInput(input);
  const wait = waitBeforeRetry(waiting);
  if (!asksAnotherAtOnce(waiting) && waitsTooLong(input)) {
    return giveUp('the provider asks to wait longer than max_retry_delay, and another group can be asked now');
  }
  const cooled = waitForCooling(input, budget, wait);
  if (cooled === null) return giveUp(ALL_COOLING);
  if (deadlineMs !== null && nowMs + cooled.ms >= deadlineMs) {
    return giveUp(`a wait of ${cooled.ms / 1000} s would pass the deadline of the group`);
  }
  return {
    action: 'retry',
    waitMs: cooled.ms,
    reason: `retry ${failures} of ${budget.size} on ${budget.name}; ${cooled.reason}`,
  };
}

/** Why a group with deployments that all cool gives up while there is another group to ask. */
export const ALL_COOLING = 'all deployments that could be asked are cooling down, and another group can be asked now';

/** A wait lasts until the first deployment is back; null when another group can be asked sooner. */
function waitForCooling(input: DecideInput, { moveOnly }: Budget, wait: Wait): Wait | null {
  const { failure, plan, cooling, walk, nowMs } = input;
  const returnMs = earliestReturn(moveOnly ? untried(input) : plan.deployments, cooling) - nowMs;
  if (returnMs <= wait.ms) return wait;
  if (canFallBack(walk, failure.kind)) return null;
  return { ms: returnMs, reason: 'all deployments that could be asked are cooling down until then' };
}

/** Before a group gives up on an error that may move, each untried standby gets one attempt. No budget stops it. */
function standbyInstead(input: DecideInput): Decision | null {
  const { failure, plan, cooling, deadlineMs, nowMs } = input;
  const inTime = !failure.deadlineReached && (deadlineMs === null || nowMs < deadlineMs);
  if (failure.contentDelivered || !mayMove(failure) || !inTime) return null;
  const standby = nextStandby({ deployments: plan.deployments, failed: failedNow(input), cooling });
  return standby === null
    ? null
    : {
        action: 'standby',
        deployment: standby.id,
        reason: `standby of order ${standby.order ?? 1}; charged to no budget`,
      };
}

function waitInput(input: DecideInput): WaitInput {
  const { failure, plan, progress, cooling, random } = input;
  return {
    retryNumber: progress.retries + 1,
    retryAfterMs: failure.retryAfterMs,
    leastMs: plan.retryAfterMs,
    maxRetryDelayMs: plan.maxRetryDelayMs,
    otherDeploymentFresh:
      freshDeployments({ deployments: plan.deployments, failed: failedNow(input), cooling }).length > 0,
    random,
  };
}

function waitsTooLong({ failure, plan, walk }: DecideInput): boolean {
  return (
    failure.retryAfterMs !== null && failure.retryAfterMs > plan.maxRetryDelayMs && canFallBack(walk, failure.kind)
  );
}

function notRetriedHere({ kind, notRetriedByDefault }: Failure): string {
  return `${notRetriedByDefault ?? `${kind} is not retried unless a policy field asks for it`}, and no untried deployment is left`;
}

function untried(input: DecideInput): DeploymentPlan[] {
  const failed = failedNow(input);
  return input.plan.deployments.filter(({ id }) => !failed.includes(id));
}

function failedNow({ progress, deployment }: DecideInput): string[] {
  return [...progress.failedDeployments, deployment.id];
}

function giveUp(reason: string): Decision {
  return { action: 'give up', reason };
}
