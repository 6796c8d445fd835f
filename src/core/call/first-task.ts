import { startWalk } from '../fallbacks/fallback-walk.js';
import type { CallPlan } from '../plan/call-plan.js';
import { bodyForEntry, providerBody } from '../plan/request.js';
import { callDeadline } from '../retries/deadline.js';
import { forAnotherActivity, startProgress, withLostAttempt, type GroupProgress } from '../retries/progress.js';
import type { CallModelGroupInput, LlmCallInput } from './call-types.js';
import { startGroup } from './group-start.js';

/**
 * The build id under which the process that started a call answers its first workflow task with the answer. A history
 * keeps it, so that the workflow's code, replayed, knows that nothing was left to do.
 */
export const ANSWERED_IN_FIRST_TASK = 'holdfast:answered-in-first-task';

/** Input of the activity of a call's first group, as its workflow makes it. */
export function firstGroupInput(
  { operation, request, stream, headers }: LlmCallInput,
  plan: CallPlan,
  { startedMs, nowMs }: { readonly startedMs: number; readonly nowMs: number },
): CallModelGroupInput {
  return {
    ...startGroup(plan, startWalk(plan), plan.first, { callDeadlineMs: callDeadline(plan, startedMs), nowMs }),
    operation,
    body: bodyForEntry(providerBody(request), plan.first),
    ...(stream !== undefined && { stream }),
    ...(headers !== undefined && { headers }),
    retriesLeftAtStart: plan.numRetriesPerRequest ?? null,
  };
}

/** Events of a history to its first workflow task: started, the task scheduled, and taken. */
export const EVENTS_TO_FIRST_TASK = 3;

/** Events that a task adds which did not come to its end: that it failed, and the next one scheduled and taken. */
const EVENTS_OF_A_FAILED_TASK = 3;

/** Whether somebody had the first workflow task of a call before. */
export function isRepeatedFirstTask(events: number): boolean {
  return events >= EVENTS_TO_FIRST_TASK + EVENTS_OF_A_FAILED_TASK;
}

/** What is known of a first attempt that was lost with the process that had the first workflow task. */
export function lostFirstAttempt(group: string, startedMs: number): GroupProgress {
  return forAnotherActivity(withLostAttempt(startProgress(group), startedMs));
}

/** Whether a first attempt is only presumed: its task was given to somebody, and it is not known whether he asked anybody. */
export function isPresumed(first: GroupProgress): boolean {
  const [only, ...more] = first.ledger.entries;
  return more.length === 0 && only?.outcome === 'lost' && only.deployment === undefined;
}

/**
 * What the first activity of a call finds of an attempt that was made before it, by the process that started the call.
 * That process is lost with its attempt when the first workflow task comes to somebody else only after the task's timeout.
 */
export function progressBeforeActivity(
  { plan, first }: Pick<LlmCallInput, 'plan' | 'first'>,
  group: string,
  { startedMs, nowMs, taskTimeoutMs }: { startedMs: number; nowMs: number; taskTimeoutMs: number },
): GroupProgress | null {
  if (first !== undefined) return first;
  if (plan === undefined || nowMs - startedMs < taskTimeoutMs) return null;
  return lostFirstAttempt(group, startedMs);
}
