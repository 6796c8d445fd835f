import { ERROR_KIND_NAMES, type ErrorKind } from '../errors/error-kinds.js';
import { LOST_STATE_KIND } from '../errors/judge-error.js';
import { mayMove } from '../errors/may-move.js';
import type { GroupPlan } from '../plan/call-plan.js';
import { budgetFor } from '../retries/budget.js';

/** A worker that sends no heartbeat for so long is taken for lost. */
export const HEARTBEAT_TIMEOUT_MS = 10_000;

/** Our own attempt timeout comes first; Temporal's is for a worker that hangs. */
const START_TO_CLOSE_MARGIN_MS = 15_000;

/**
 * Our own deadline comes first, so that the ledger is complete; Temporal's is for calls without a worker. The margin
 * covers clocks that differ.
 */
const DEADLINE_MARGIN_MS = 5_000;

/** So long the call of a row waits for storage to come back: before it asks, and with an answer that is paid for in its hands. */
export const STORAGE_PATIENCE_MS = 10 * 60_000;

/** The wait after an attempt that was lost with its worker; every other wait is decided by the policy. */
const AFTER_LOSS_MS = 1_000;

/** Temporal's options of the activity that runs a model group. Durations are milliseconds. */
export interface GroupActivityOptions {
  readonly activityId: string;
  /** In a line, for people. */
  readonly summary: string;
  readonly startToCloseTimeout: number;
  readonly scheduleToCloseTimeout?: number;
  readonly heartbeatTimeout: number;
  readonly cancellationType: 'WAIT_CANCELLATION_COMPLETED';
  readonly retry: {
    readonly initialInterval: number;
    readonly backoffCoefficient: number;
    readonly nonRetryableErrorTypes: ErrorKind[];
  };
}

/** What the Temporal UI shows of the activity: the group and the request in a line. */
export function groupSummary(group: string, line: string): string {
  return `${group}: ${line}`;
}

interface ActivityTimes {
  readonly deadlineMs: number | null;
  readonly nowMs: number;
  readonly summary: string;
  /** Whether it runs a row of a batch, which is read from storage and written there. @default false */
  readonly isRow?: boolean;
}

/** Options of the activity that runs a model group, derived from its plan. */
export function activityOptions(
  plan: GroupPlan,
  { deadlineMs, nowMs, summary, isRow = false }: ActivityTimes,
): GroupActivityOptions {
  const timeouts = plan.deployments.map(({ timeoutMs }) => timeoutMs ?? plan.timeoutMs);
  const attemptMs = Math.max(plan.timeoutMs, ...timeouts) + START_TO_CLOSE_MARGIN_MS;
  const patienceMs = isRow ? STORAGE_PATIENCE_MS : 0;
  return {
    activityId: plan.group,
    summary,
    startToCloseTimeout: patienceMs + attemptMs + patienceMs,
    ...(deadlineMs !== null && { scheduleToCloseTimeout: leftMs(deadlineMs, nowMs) + patienceMs }),
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    // The call ends only when the request to the provider is known to have ended.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    // No maximumAttempts: the policy ends the group, and lost attempts have a limit of their own. Waits for a slot,
    // shutdowns and pauses use attempts of Temporal's too, as many as it takes.
    retry: {
      initialInterval: AFTER_LOSS_MS,
      backoffCoefficient: 1,
      nonRetryableErrorTypes: ERROR_KIND_NAMES.filter((kind) => endsTheGroup(kind, plan)),
    },
  };
}

/** Temporal's options of the activity that waits at the gate before a group. */
export type GateActivityOptions = Omit<GroupActivityOptions, 'retry' | 'heartbeatTimeout'> & {
  readonly retry: Omit<GroupActivityOptions['retry'], 'nonRetryableErrorTypes'>;
};

/** It asks nobody: an attempt only says what it waits for, and Temporal does the waiting. */
export function gateOptions(
  group: string,
  { deadlineMs, nowMs, line }: { deadlineMs: number | null; nowMs: number; line: string },
): GateActivityOptions {
  return {
    activityId: group,
    summary: `approve or deny ${groupSummary(group, line)}`,
    startToCloseTimeout: START_TO_CLOSE_MARGIN_MS,
    ...(deadlineMs !== null && { scheduleToCloseTimeout: leftMs(deadlineMs, nowMs) }),
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { initialInterval: AFTER_LOSS_MS, backoffCoefficient: 1 },
  };
}

function leftMs(deadlineMs: number, nowMs: number): number {
  return Math.max(0, deadlineMs - nowMs) + DEADLINE_MARGIN_MS;
}

/** Kinds that can neither be retried nor move to another deployment nor meet a standby in this group. */
function endsTheGroup(kind: ErrorKind, plan: GroupPlan): boolean {
  const several = plan.deployments.length > 1;
  if (several && mayMove({ kind, ...(kind === LOST_STATE_KIND && { lostState: true }) })) return false;
  return plan.deployments.every((deployment) => {
    const budget = budgetFor({ kind, notRetriedByDefault: null }, plan, deployment);
    return budget.name === null || budget.size === 0 || (budget.moveOnly && !several);
  });
}
