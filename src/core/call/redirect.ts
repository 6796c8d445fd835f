import { groupOf, namesOf, startWalk, type WalkState } from '../fallbacks/fallback-walk.js';
import type { CallPlan } from '../plan/call-plan.js';
import type { FallbackEntry } from '../plan/settings.js';
import type { ActionInput, CallAction } from './call-actions.js';

export function hasGroup(plan: Pick<CallPlan, 'groups' | 'aliases'>, group: string): boolean {
  return Object.hasOwn(plan.groups, groupOf(plan, { group }));
}

/** Why the plan of a call lets an action be none; null: it does not. */
export function refusalByPlan(
  plan: CallPlan,
  { action, input, isRow }: { action: CallAction; input: ActionInput; isRow: boolean },
): string | null {
  if (action === 'answer' && isRow) return 'the answer of a row goes to the files of its batch, by no hand';
  if (action === 'extend' && input.seconds !== undefined && plan.timeoutMs === undefined) {
    return 'the call has no timeout: it has all the time there is';
  }
  if (action === 'use' && isRow && input.group !== undefined && !hasGroup(plan, input.group)) {
    return `the plan of the row has no group ${input.group}: it has ${Object.keys(plan.groups).join(', ')}`;
  }
  return null;
}

/** The walk of a call that somebody has go on in a group: no fallback of its own, and its lists go on from there. */
export function walkTo(plan: CallPlan, walk: WalkState, entry: FallbackEntry): WalkState {
  const group = groupOf(plan, entry);
  return { ...walk, tried: [...walk.tried.filter((tried) => tried !== group), group], lastNames: namesOf(plan, entry) };
}

/** The walk of a call under a plan that was resolved anew: what was tried stays tried. */
export function replannedWalk(plan: CallPlan, { tried, lastNames, fallbacks, passedOver }: WalkState): WalkState {
  return { ...startWalk(plan), tried, lastNames, fallbacks, passedOver };
}

/** A plan with the groups that another one has besides: those of a model that the call was not planned for. */
export function withGroupOf(plan: CallPlan, other: CallPlan): CallPlan {
  return {
    ...plan,
    groups: { ...other.groups, ...plan.groups },
    ...(other.aliases !== undefined && { aliases: { ...other.aliases, ...plan.aliases } }),
  };
}
