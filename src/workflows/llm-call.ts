import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { patched, proxyActivities, proxyLocalActivities, setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { callFailureIn } from '../core/batch/batch-row-end.js';
import { callFailure } from '../core/call/call-failure.js';
import type { CallResult, LlmCallInput } from '../core/call/call-types.js';
import { KNOWN_ELSEWHERE } from '../core/deployments/unknown-deployments.js';
import type { CallPlan } from '../core/plan/call-plan.js';
import { begunMs } from '../core/retries/progress.js';
import type { RowCallInput } from '../core/batch/row-call.js';
import { isErrorKind, type ErrorKind } from '../core/errors/error-kinds.js';
import { EXTERNAL_STORAGE_ERROR } from '../external-storage/is-of-external-storage.js';
import type { ControlledCall } from './call/call-control.js';
import { callFailed } from './call/call-failed.js';
import type { HostedCall } from './call/call-host.js';
import { CallRun } from './call/call-run.js';
import { OwnWorkflow } from './call/own-workflow.js';
import { sourceOfRequest, sourceOfRow } from './call/call-source.js';
import { untilItBegins } from './call/deferred.js';
import { hostingStream } from './call/stream-host.js';
import { answeredInFirstTask, firstProgress, firstTaskInput, wasAnsweredInFirstTask } from './call/first-task.js';
import { refuseActions } from './call/refuse-actions.js';
import { failureIn } from './failure-in.js';
import { Unreadable } from './payload-converter.js';
import { publishFacts } from './visibility.js';

const { resolvePlan } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 5 },
});

/** Types of failures that may pass: no worker knows the model yet, storage is away, or has not what it should, a key is missing. */
const MAY_PASS = [KNOWN_ELSEWHERE, 'StorageError', EXTERNAL_STORAGE_ERROR, 'EncryptionError'];

/** Where storage is away for longer, a usual activity goes on, which is seen in the Temporal UI. */
const { resolveRow } = proxyLocalActivities<Activities>({ startToCloseTimeout: '10s', retry: { maximumAttempts: 2 } });
/** Of a worker that knows the model, where the one that has the workflow does not: a rolling deploy. */
const elsewhere = proxyActivities<Activities>({ startToCloseTimeout: '1m', retry: { maximumInterval: '10s' } });
/** Of a row of a batch, whose files may be away for a while. */
const rowFiles = proxyActivities<Activities>({
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '1h',
  retry: { maximumInterval: '10s' },
});

/**
 * One logical LLM request, durable. Its plan is resolved once; then model groups run one after the other, each as an
 * activity that Temporal retries, until one answers or none is left. The answer of a row of a batch is written beside
 * the batch's file, and the result has none.
 * @throws ApplicationFailure whose `type` is the error kind and whose `details[0]` is a `CallFailure`
 */
export async function llmCall(given: LlmCallInput | RowCallInput): Promise<CallResult> {
  const input = anInput(given);
  if (wasAnsweredInFirstTask()) return answeredInFirstTask();
  if ('row' in input) return callOfRow(input);
  return input.stream === undefined ? callOfRequest(input) : hostingStream(() => callOfRequest(input));
}

/** A workflow can be started by hand with anything, or with nothing: the check of its request says what is wrong. */
function anInput(given: LlmCallInput | RowCallInput | Unreadable): LlmCallInput | RowCallInput {
  if (given instanceof Unreadable) throw refused('BadRequestError', `the input cannot be read: ${given.why}`);
  return typeof given === 'object' && given !== null ? given : ({} as LlmCallInput);
}

function refused(kind: ErrorKind, message: string): Error {
  publishFacts({ outcome: 'failed', errorKind: kind });
  return callFailed(callFailure(kind, message));
}

// What goes wrong in a task of it would go wrong in each try of that, for ever: the call ends with it.
setWorkflowOptions({ failureExceptionTypes: [Error] }, llmCall);

async function callOfRequest(input: LlmCallInput): Promise<CallResult> {
  // Time runs also while no worker takes the call.
  const startedMs = begunMs(input.first) ?? workflowInfo().startTime.getTime() + (input.delayMs ?? 0);
  if (input.delayMs !== undefined) await untilItBegins(startedMs);
  const planAnew = (model?: string) => plannedAnew(askedAnew(input, model));
  if (input.plan !== undefined) {
    return new CallRun(sourceOfRequest(input, firstProgress(input)), input.plan, startedMs, inOwn(planAnew)).run();
  }
  const { firstAttempt, ...plan } = await planned(
    () => resolvePlan(firstTaskInput(input, startedMs)),
    () => elsewhere.resolvePlan(input),
  );
  const left = firstAttempt?.type === 'left' ? firstAttempt.progress : null;
  const answer = firstAttempt?.type === 'answered' ? firstAttempt.output : null;
  return new CallRun(sourceOfRequest(input, left), plan, startedMs, inOwn(planAnew)).run(answer);
}

/** @param planAnew - resolves the plan of the call again, for another model where one is given */
function inOwn(planAnew: ControlledCall['planAnew']) {
  return (call: HostedCall) => new OwnWorkflow(call, planAnew);
}

/** @param model - what somebody who acts on the call named in place of its own: it is that, here and now, or none */
function askedAnew(input: LlmCallInput, model: string | undefined) {
  const { plan: _, first: __, ...asked } = input;
  const byHand = { isNamedByHand: true, isKnownModel: undefined, allowed: undefined };
  return model === undefined ? asked : { ...asked, ...byHand, request: { ...asked.request, model } };
}

/** By the worker that has the workflow: a thousand calls that are moved at once need no task more for that. */
function plannedAnew(asked: ReturnType<typeof askedAnew>): Promise<CallPlan> {
  const there = () => elsewhere.resolvePlan(asked);
  return patched('plans-anew-here') ? hereOrElsewhere(() => resolvePlan(asked), there) : there();
}

async function callOfRow(input: RowCallInput): Promise<CallResult> {
  const nowMs = Date.now();
  try {
    const row = await planned(
      () => resolveRow(input),
      () => rowFiles.resolveRow(input),
    );
    const first = row.first ?? input.first ?? null;
    const planAnew = async () => (await rowFiles.resolveRow(input)).plan;
    return await new CallRun(sourceOfRow(input, row, first), row.plan, begunMs(first) ?? nowMs, inOwn(planAnew)).run();
  } catch (error) {
    const failure = callFailureIn(error);
    // Where it cannot be written, the batch finds nothing of the row, and says so.
    if (failure !== null) await rowFiles.recordRowFailure({ ...input, failure }).catch(unlessLate);
    throw error;
  }
}

/** Asks the worker that has the workflow; where that does not know the model, cannot read the row, or is too busy, any other. */
async function hereOrElsewhere<T>(resolveHere: () => Promise<T>, resolveElsewhere: () => Promise<T>): Promise<T> {
  try {
    return await resolveHere();
  } catch (error) {
    if (!mayPass(error)) throw error;
    try {
      return await resolveElsewhere();
    } catch (later) {
      unlessLate(later);
      const message = `given up after an hour: ${failureIn(error).message}`;
      throw ApplicationFailure.create({ type: 'InternalServerError', message });
    }
  }
}

async function planned<T>(here: () => Promise<T>, there: () => Promise<T>): Promise<T> {
  refuseActions('the call is being planned, or makes its first attempt with that: until then it can only be cancelled');
  try {
    return await hereOrElsewhere(here, there);
  } catch (error) {
    const failure = failureIn(error);
    if (!(failure instanceof ApplicationFailure) || !isErrorKind(failure.type)) throw error;
    throw refused(failure.type, failure.message);
  }
}

/** Whether another worker, or a later time, may do better. A local activity is late where its process is busy, as with large rows. */
function mayPass(error: unknown): boolean {
  if (isLate(error)) return patched('plans-elsewhere-where-late');
  const failure = failureIn(error);
  return failure instanceof ApplicationFailure && MAY_PASS.includes(failure.type ?? '');
}

/** Whether it is the failure of an activity whose time was over. */
function isLate(error: unknown): boolean {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure;
}

/** @throws any failure but that of an activity whose time was over */
function unlessLate(error: unknown): void {
  if (!isLate(error)) throw error;
}
