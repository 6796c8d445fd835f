import type { GroupPlan } from '../plan/call-plan.js';
import type { DeploymentPlan } from '../plan/settings.js';

/** Type of the failure of a local activity that knows nothing of a model, while another worker may. */
export const KNOWN_ELSEWHERE = 'KnownElsewhere';

/** How long attempts wait for a worker that knows a deployment of their plan: as long as a rolling deploy may take. */
const UNKNOWN_DEPLOYMENTS_MS = 5 * 60_000;

/** Waits of attempts that a worker puts back: others are quick at first, and none asks too often. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;

/**
 * How long an attempt is put back by a worker that knows none of its plan's deployments; null: it has been waiting for
 * long enough, and the worker's own deployments of the group stand in. Half of the time that a deadline leaves is kept
 * for them.
 */
export function putBackMs(sinceMs: number, deadlineMs: number | null, nowMs: number): number | null {
  const allMs =
    deadlineMs === null ? UNKNOWN_DEPLOYMENTS_MS : Math.min(UNKNOWN_DEPLOYMENTS_MS, (deadlineMs - sinceMs) / 2);
  const waitedMs = nowMs - sinceMs;
  const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, waitedMs / 2));
  return waitedMs + waitMs > allMs ? null : waitMs;
}

/**
 * The deployments of a worker's own config in place of those of a plan that it does not know. Budgets and time stay those
 * of the plan: Temporal was told of them when the group began.
 */
export function standIns({ deployments: [planned] }: GroupPlan, own: readonly DeploymentPlan[]): DeploymentPlan[] {
  const { numRetries, timeoutMs, streamTimeoutMs } = planned ?? {};
  return own.map(({ id, wildcardId, model, order, weight }) => ({
    id,
    wildcardId,
    model,
    order,
    weight,
    numRetries,
    timeoutMs,
    streamTimeoutMs,
  }));
}
