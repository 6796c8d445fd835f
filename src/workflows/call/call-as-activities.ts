import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { isCancellation, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { callFailure } from '../../core/call/call-failure.js';
import type { CallFailure, CallResult, LlmCallInput } from '../../core/call/call-types.js';
import { missingActivities } from '../../core/call/missing-activities.js';
import { isErrorKind } from '../../core/errors/error-kinds.js';
import { groupOf } from '../../core/fallbacks/fallback-walk.js';
import type { CallPlan } from '../../core/plan/call-plan.js';
import { failureIn } from '../failure-in.js';
import { callFailed } from './call-failed.js';
import { CallRun } from './call-run.js';
import { CallersWorkflow, type CallersOptions } from './callers-workflow.js';
import { sourceOfRequest } from './call-source.js';
import { localActivities, NOT_FOUND } from './local-activities.js';

/** A call, and how it is run. */
export interface CallOfCaller extends CallersOptions {
  readonly callId: string;
  /** Of the ids of its activities. */
  readonly prefix: string;
  /** The request in a line, for people. @default the end of the prompt */
  readonly summary?: string | undefined;
}

/**
 * Runs a call in the workflow that asks for it: its plan is resolved, and then its groups run, each as an activity of that workflow.
 * @throws ApplicationFailure as `llmCall` does; a cancellation of the scope is Temporal's own
 */
export async function callAsActivities(
  input: LlmCallInput,
  { callId, prefix, summary, ...options }: CallOfCaller,
): Promise<CallResult> {
  // Time runs also while no worker resolves the plan.
  const startedMs = Date.now();
  const source = sourceOfRequest(input, null);
  const line = summary ?? source.line;
  const plan = await planOf(input, line, options);
  const gated = gatedGroups(plan);
  if (gated.length > 0) {
    const what = `the call may fall back to ${gated.join(', ')}, which asks before (fallback_approval)`;
    const todo = 'As activities it waits for nobody: run it as a child workflow, or without that fallback';
    throw callFailed(callFailure('BadRequestError', `${what}. ${todo}`));
  }
  return new CallRun({ ...source, line }, plan, startedMs, () => new CallersWorkflow(callId, prefix, options)).run();
}

/** Groups that ask before a call falls back to them; it begins with its first one unasked. */
function gatedGroups(plan: CallPlan): readonly string[] {
  return plan.approval?.groups.filter((group) => group !== groupOf(plan, plan.first)) ?? [];
}

async function planOf(input: LlmCallInput, line: string, options: CallersOptions): Promise<CallPlan> {
  const { resolvePlan } = options.taskQueue === undefined ? localActivities() : there(input, line, options);
  try {
    return await resolvePlan(input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    throw callFailed(failureOf(failureIn(error), options));
  }
}

function there({ request: { timeout } }: LlmCallInput, line: string, options: CallersOptions) {
  return proxyActivities<Activities>({
    ...options,
    startToCloseTimeout: '1m',
    ...(typeof timeout === 'number' && timeout > 0 && { scheduleToCloseTimeout: timeout * 1000 }),
    retry: { maximumInterval: '10s', nonRetryableErrorTypes: [NOT_FOUND] },
    summary: `plan: ${line}`,
  });
}

function failureOf(cause: unknown, { taskQueue }: CallersOptions): CallFailure {
  const message = cause instanceof Error ? cause.message : String(cause);
  const where = JSON.stringify(taskQueue ?? workflowInfo().taskQueue);
  const missing = missingActivities(message, `a worker of task queue ${where}`);
  if (missing !== null) return callFailure('InternalServerError', missing);
  if (cause instanceof ApplicationFailure && isErrorKind(cause.type)) return callFailure(cause.type, message);
  if (cause instanceof TimeoutFailure && cause.timeoutType?.startsWith('SCHEDULE_TO_')) {
    return callFailure('Timeout', 'no worker resolved the plan of the call within its timeout');
  }
  return callFailure('InternalServerError', `the plan of the call could not be resolved: ${message}`);
}
