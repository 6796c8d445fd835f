import type { CallPlan, GroupPlan } from './call-plan.js';
import { groupDeadline } from './deadline.js';
import type { WalkOutlook } from './decide.js';
import { ERROR_KIND_NAMES } from './error-kinds.js';
import { blockedAnswerFails, canGoOn, groupOf, type WalkState } from './fallback-walk.js';
import { planForEntry } from './resolve-plan.js';
import type { FallbackEntry } from './settings.js';

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
  const group = groupOf(plan, entry);
  const base = plan.groups[group];
  if (base === undefined) throw new Error(`the plan of this call has no group ${group}`);
  const groupPlan = planForEntry(base, entry);
  return {
    plan: groupPlan,
    walk: outlook(plan, walk),
    deadlineMs: groupDeadline({
      nowMs,
      callDeadlineMs,
      canGoOn: canGoOn(plan, walk, 'Timeout'),
      reserve: plan.fallbackReserve,
      groupTotalMs: groupPlan.totalMs,
    }),
  };
}

/** Where the walk could go from the current group: all that `decide` needs to know of it. */
function outlook(plan: CallPlan, walk: WalkState): WalkOutlook {
  return {
    endsWith: ERROR_KIND_NAMES.filter((kind) => !canGoOn(plan, walk, kind)),
    blockedAnswerFails: blockedAnswerFails(plan, walk),
  };
}
