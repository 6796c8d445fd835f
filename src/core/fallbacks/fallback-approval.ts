import type { ErrorKind } from '../errors/error-kinds.js';
import type { CallPlan } from '../plan/call-plan.js';
import type { FallbackApproval, FallbackEntry } from '../plan/settings.js';
import { groupOf, type WalkState } from './fallback-walk.js';

/** The gate before a fallback, at which a call waits for a word. */
export interface Gate extends Pick<FallbackApproval, 'onTimeout'> {
  /** The group that gave up, and the error that it ended with. */
  readonly from: string;
  readonly kind: ErrorKind;
  /** When it waits no longer, ms since the epoch. */
  readonly untilMs: number;
}

/** What is said at a gate, or what holds where nobody said a word. `deadline`: the time of the call is over. */
export type GateWord = 'approve' | 'deny' | 'deadline';

/** Whether the group that an entry leads to asks before a call falls back to it; null: it does not. */
export function approvalFor(
  plan: Pick<CallPlan, 'approval' | 'aliases'>,
  entry: FallbackEntry,
): FallbackApproval | null {
  const { approval } = plan;
  return approval?.groups.includes(groupOf(plan, entry)) ? approval : null;
}

/** What has come of a gate by now without a word of anybody; null: nothing, it waits. */
export function dueWord({ untilMs, onTimeout }: Gate, deadlineMs: number | null, nowMs: number): GateWord | null {
  const endMs = Math.min(untilMs, deadlineMs ?? Infinity);
  if (nowMs < endMs) return null;
  return untilMs <= endMs ? onTimeout : 'deadline';
}

/** The walk of a call that was not let through: it was in none but the groups before, and the next entries follow. */
export function walkBackFrom(after: WalkState, { tried, lastNames, fallbacks }: WalkState): WalkState {
  return { ...after, tried, lastNames, fallbacks };
}

/** The same where the group was denied: it counts as tried, so nobody is asked for it again. */
export function walkPast(group: string, after: WalkState, before: WalkState): WalkState {
  return walkBackFrom(after, { ...before, tried: [group, ...before.tried] });
}
