import type { CameFrom } from './call-types.js';
import type { Failure } from '../errors/classify.js';
import type { CallPlan, GroupPlan } from '../plan/call-plan.js';
import { groupDeadline } from '../retries/deadline.js';
import { canFallBack, groupOf, outlook, type WalkOutlook, type WalkState } from '../fallbacks/fallback-walk.js';
import type { FallbackEntry } from '../plan/settings.js';

/** What a group starts with, apart from the body: under its plan, with its share of the time. */
export interface GroupStart {
  readonly plan: GroupPlan;
  readonly walk: WalkOutlook;
  /** When the group must be done, ms since the epoch; null: never. */
  readonly deadlineMs: number | null;
}

/** The start of the group that an entry leads to, which the walk has just come to. */
export function startGroup(
  plan: CallPlan,
  walk: WalkState,
  entry: FallbackEntry,
  { callDeadlineMs, nowMs }: { callDeadlineMs: number | null; nowMs: number },
): GroupStart {
  const groupPlan = planOfGroup(plan, entry);
  const ahead = outlook(plan, walk);
  return {
    plan: groupPlan,
    walk: ahead,
    deadlineMs: groupDeadline({
      nowMs,
      callDeadlineMs,
      canGoOn: canFallBack(ahead, 'Timeout'),
      reserve: plan.fallbackReserve ?? 0,
      groupTotalMs: groupPlan.totalMs ?? null,
    }),
  };
}

/** The plan of a group with the settings of the fallback entry that leads to it. They do not leak to the next group. */
export function planOfGroup(plan: CallPlan, entry: FallbackEntry): GroupPlan {
  const group = groupOf(plan, entry);
  const own = plan.groups[group];
  if (own === undefined) throw new Error(`the plan of this call has no group ${group}`);
  const { numRetries, retryPolicy, timeoutMs, streamTimeoutMs } = entry.settings ?? {};
  return {
    group,
    ...plan.common,
    deployments: own.deployments,
    retryPolicy: { ...plan.common.retryPolicy, ...own.retryPolicy, ...retryPolicy },
    ...(numRetries !== undefined && { requestNumRetries: numRetries }),
    ...(streamTimeoutMs !== undefined && { requestStreamTimeoutMs: streamTimeoutMs }),
    ...(timeoutMs !== undefined && { totalMs: timeoutMs }),
  };
}

/** Where a call comes from, with as much of the failure there as the next group is told. */
export function cameFrom(group: string, { kind, status, message, requestId }: Failure, fallback: number): CameFrom {
  return { group, failure: { kind, status, message, requestId }, fallback };
}
