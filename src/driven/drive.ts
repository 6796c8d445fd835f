import type { AttemptRun } from '../activities/attempt-in-flight.js';
import { fairnessKey } from '../client/fairness-key.js';
import type { CallToDrive } from '../client/first-task-driver.js';
import type { CallModelGroupInput, CallModelGroupOutput, CallResult } from '../core/call/call-types.js';
import { reportOf, startHistory, withGroup } from '../core/call/report.js';
import type { CallPlan } from '../core/plan/call-plan.js';

/** A call being driven: what is needed to go on with it. */
export interface Drive {
  readonly call: CallToDrive;
  readonly plan: CallPlan;
  /** Whether it goes to external storage. */
  readonly isLarge: boolean;
  readonly work: CallModelGroupInput;
}

/** The result of a call whose first attempt answered. */
export function resultOf(plan: CallPlan, { response, ended }: CallModelGroupOutput, nowMs: number): CallResult {
  return { response, report: reportOf(plan, withGroup(startHistory(plan, nowMs), ended), 0) };
}

/** The priority of a call's activities: that of its workflow. */
export function priorityOf(owner: string | undefined): AttemptRun['priority'] {
  return owner === undefined ? undefined : { fairnessKey: fairnessKey(owner) };
}
