import type { CallPlan, CommonPlan } from '../plan/call-plan.js';
import type { FailureCause } from '../errors/failure-facts.js';
import { DEFAULTS, type DeploymentPlan } from '../plan/settings.js';

/** When a group must be done, in ms since the epoch; null: never. */
export interface GroupDeadlineInput {
  readonly nowMs: number;
  /** When the call must be done; null: no total. */
  readonly callDeadlineMs: number | null;
  /** Whether the walk could go on if this group ended with Timeout. */
  readonly canGoOn: boolean;
  /** Share of the time left that is kept for the groups still to come. */
  readonly reserve: number;
  /** The group's own total; null: none. */
  readonly groupTotalMs: number | null;
}

/** While other groups are still to come, a share of what is left is kept for them: a slow group cannot eat it all. */
export function groupDeadline(input: GroupDeadlineInput): number | null {
  const { nowMs, callDeadlineMs, canGoOn, reserve, groupTotalMs } = input;
  const own = groupTotalMs === null ? Infinity : nowMs + groupTotalMs;
  const share = canGoOn ? 1 - reserve : 1;
  // A total that is over stays where it was: by the clock of a worker that is behind, now would still be to come.
  const ofLeft = (leftMs: number): number => (leftMs > 0 ? leftMs * share : leftMs);
  const shared = callDeadlineMs === null ? Infinity : nowMs + ofLeft(callDeadlineMs - nowMs);
  const deadline = Math.min(own, shared);
  return deadline === Infinity ? null : Math.round(deadline);
}

/** When a call must be done, ms since the epoch; null: never. */
export function callDeadline({ timeoutMs }: Pick<CallPlan, 'timeoutMs'>, startedMs: number): number | null {
  return timeoutMs === undefined ? null : startedMs + timeoutMs;
}

/** How long an attempt may take, and whether it is the deadline that ends it. */
export interface AttemptLimit {
  readonly limitMs: number;
  readonly scope: 'attempt' | 'deadline';
}

/** How long a stream may be silent. */
export interface StreamLimits {
  /** From sending to the first content; null: the attempt's limit alone counts. */
  readonly firstContentMs: number | null;
  /** Between two chunks. */
  readonly idleMs: number;
}

/** Until the first content, the request, the deployment, then the router say how long: the first that says anything. */
export function streamLimits(
  plan: Pick<CommonPlan, 'requestStreamTimeoutMs' | 'streamTimeoutMs' | 'streamIdleTimeoutMs'>,
  deployment: Pick<DeploymentPlan, 'streamTimeoutMs'>,
): StreamLimits {
  return {
    firstContentMs: plan.requestStreamTimeoutMs ?? deployment.streamTimeoutMs ?? plan.streamTimeoutMs ?? null,
    idleMs: plan.streamIdleTimeoutMs ?? DEFAULTS.streamIdleTimeoutMs,
  };
}

/**
 * Whether an attempt ended by a limit for its first content that the caller made shorter than the deployment's own. That
 * is no fault of the deployment.
 */
export function endedByCaller(
  cause: FailureCause,
  plan: Pick<CommonPlan, 'timeoutMs' | 'streamTimeoutMs'>,
  deployment: Pick<DeploymentPlan, 'timeoutMs' | 'streamTimeoutMs'>,
): boolean {
  if (cause.type !== 'timeout' || cause.scope !== 'first content') return false;
  return cause.limitMs < (deployment.streamTimeoutMs ?? plan.streamTimeoutMs ?? deployment.timeoutMs ?? plan.timeoutMs);
}

/** An attempt ends at its own timeout or at the group's deadline, whichever comes first. */
export function attemptLimit(timeoutMs: number, deadlineMs: number | null, nowMs: number): AttemptLimit {
  const left = deadlineMs === null ? Infinity : Math.max(0, deadlineMs - nowMs);
  return left < timeoutMs ? { limitMs: left, scope: 'deadline' } : { limitMs: timeoutMs, scope: 'attempt' };
}
