import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { CallResult, FirstTaskInput, LlmCallInput } from '../../core/call/call-types.js';
import { ANSWERED_IN_FIRST_TASK, isRepeatedFirstTask, progressBeforeActivity } from '../../core/call/first-task.js';
import { groupOf } from '../../core/fallbacks/fallback-walk.js';
import type { GroupProgress } from '../../core/retries/progress.js';

/** Whether the process that started the call answered its first task with the answer. So it can only be in a replay. */
export function wasAnsweredInFirstTask(): boolean {
  return workflowInfo().currentBuildId === ANSWERED_IN_FIRST_TASK;
}

/** Ends the replay as the call ended. The history has the answer; a replay does not compare it. */
export function answeredInFirstTask(): CallResult {
  setCurrentDetails('The first attempt answered; the **Result** has the answer and its ledger.');
  return { response: null, report: null } as unknown as CallResult;
}

/** What was made of the first group before its activity, by the process that started the call. */
export function firstProgress(input: LlmCallInput): GroupProgress | null {
  const { startTime, taskTimeoutMs } = workflowInfo();
  const group = input.plan === undefined ? '' : groupOf(input.plan, input.plan.first);
  return progressBeforeActivity(input, group, { startedMs: startTime.getTime(), nowMs: Date.now(), taskTimeoutMs });
}

/** Input of the local activity that resolves the plan and makes the first attempt. */
export function firstTaskInput(input: LlmCallInput, startedMs: number): FirstTaskInput {
  const { historyLength, priority } = workflowInfo();
  return { ...input, startedMs, isRepeated: isRepeatedFirstTask(historyLength), ...(priority && { priority }) };
}
