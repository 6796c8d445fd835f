import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowFailure,
  executeChild,
  isCancellation,
  patched,
  uuid4,
  workflowInfo,
  CancellationScope,
} from '@temporalio/workflow';
import type { CallRequest, CallResponse } from '../client/request-types.js';
import { BACKSTOP_MS } from '../core/call/backstop.js';
import { callFailure } from '../core/call/call-failure.js';
import type { CallResult, LlmCallInput } from '../core/call/call-types.js';
import { MAX_HISTORY_BYTES, oversize } from '../core/common/limits.js';
import type { Operation } from '../core/common/operations.js';
import { requestLine, type RawRequest } from '../core/plan/request.js';
import { failureOfStop, failureToldBy } from '../temporal/stopped-call.js';
import { callAsActivities } from '../workflows/call/call-as-activities.js';
import { localActivities } from '../workflows/call/local-activities.js';
import { groupAttribute } from '../workflows/visibility.js';
import { LlmCallError } from './llm-call-error.js';
import {
  problemOfOptions,
  type LlmActivitiesOptions,
  type LlmChildWorkflowOptions,
  type LlmOptions,
} from './llm-options.js';

/** Calls of one operation. */
export type LlmCalls<Op extends Operation> = (
  request: CallRequest<Op>,
  options?: LlmOptions,
) => Promise<CallResult<CallResponse<Op>>>;

/**
 * LLM calls from a workflow, one function for each operation. Each call is a child workflow, or by `runAs: 'activities'` some
 * activities of the workflow itself, with its own retries, fallbacks and ledger; the workflow waits for its answer.
 * @throws LlmCallError when the call failed, or was stopped by somebody else; a cancellation of the workflow itself is Temporal's own
 */
export const llm: {
  readonly chat: LlmCalls<'chat.completions'>;
  readonly completions: LlmCalls<'completions'>;
  readonly responses: LlmCalls<'responses'>;
  readonly messages: LlmCalls<'messages'>;
  readonly embeddings: LlmCalls<'embeddings'>;
  readonly moderations: LlmCalls<'moderations'>;
  readonly images: LlmCalls<'images.generations'>;
} = {
  chat: callsOf('chat.completions'),
  completions: callsOf('completions'),
  responses: callsOf('responses'),
  messages: callsOf('messages'),
  embeddings: callsOf('embeddings'),
  moderations: callsOf('moderations'),
  images: callsOf('images.generations'),
};

function callsOf<Op extends Operation>(operation: Op): LlmCalls<Op> {
  return (request, options = {}) =>
    runCall({ operation, request: request as unknown as RawRequest }, options) as Promise<CallResult<CallResponse<Op>>>;
}

/** Calls that this workflow has made of its activities. A module is loaded for each workflow. */
let calls = 0;

interface GivenToTemporal<Type> extends Pick<LlmOptions, 'taskQueue' | 'priority'> {
  readonly cancellationType?: Type | undefined;
}

function runCall(input: LlmCallInput, options: LlmOptions): Promise<CallResult> {
  return options.runAs === 'activities' ? asActivities(input, options) : asChildWorkflow(input, options);
}

async function asChildWorkflow(input: LlmCallInput, options: LlmChildWorkflowOptions): Promise<CallResult> {
  const { callId = `call-${uuid4()}`, parentClosePolicy = 'REQUEST_CANCEL', summary } = options;
  const asked = check(input, options, callId);
  if (asked !== undefined) await asked;
  const { operation, request } = input;
  const { timeout } = request;
  try {
    return await executeChild<(given: LlmCallInput) => Promise<CallResult>>('llmCall', {
      args: [input],
      workflowId: callId,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      parentClosePolicy,
      staticSummary: summary ?? requestLine(operation, request),
      typedSearchAttributes: [groupAttribute(String(request['model']))],
      // Also while no worker takes it.
      ...(typeof timeout === 'number' && timeout > 0 && { workflowExecutionTimeout: timeout * 1000 + BACKSTOP_MS }),
      ...temporalsOf(options),
    });
  } catch (error) {
    throw isCancelled(error) ? error : errorOfChild(error, callId);
  }
}

async function asActivities(input: LlmCallInput, options: LlmActivitiesOptions): Promise<CallResult> {
  calls += 1;
  const prefix = `call-${calls}`;
  const callId = `${workflowInfo().workflowId}/${prefix}`;
  const asked = check(input, options, callId);
  if (asked !== undefined) await asked;
  try {
    return await callAsActivities(input, { ...temporalsOf(options), callId, prefix, summary: options.summary });
  } catch (error) {
    const failure = error instanceof ApplicationFailure ? failureToldBy(error) : undefined;
    throw isCancelled(error) || failure === undefined ? error : new LlmCallError(failure, callId);
  }
}

/** What Temporal is told as it was given. */
function temporalsOf<Type>({ taskQueue, cancellationType, priority }: GivenToTemporal<Type>) {
  return {
    ...(taskQueue !== undefined && { taskQueue }),
    ...(cancellationType !== undefined && { cancellationType }),
    ...(priority !== undefined && { priority }),
  };
}

/** By the workflow itself, or by the scope of the call. */
function isCancelled(error: unknown): boolean {
  return isCancellation(error) && CancellationScope.current().consideredCancelled;
}

function errorOfChild(error: unknown, callId: string): unknown {
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    const message = `call ${callId} exists already. A workflow makes calls of its own: leave out callId, or choose another`;
    return new LlmCallError(callFailure('ConflictError', message), callId);
  }
  if (!(error instanceof ChildWorkflowFailure)) return error;
  return new LlmCallError(failureToldBy(error.cause) ?? failureOfStop(error.cause, callId), callId);
}

/**
 * What would only be told by Temporal, and not of this call; the rest is told by the call itself.
 * @returns what has to be waited for. A call that need not wait is made in the same turn as ever: histories have its place among others.
 */
function check({ request }: LlmCallInput, options: LlmOptions, callId: string): Promise<void> | undefined {
  const problem = problemOfOptions(options);
  if (problem !== null) throw new LlmCallError(problem, callId);
  const large = oversize(request);
  const mayBeStored = large !== null && patched('holdfast/large-requests');
  const tooLarge = (mayBeStored ? null : large) ?? fullHistory();
  if (tooLarge !== null) throw requestTooLarge(tooLarge, callId);
  return mayBeStored ? checkLarge(request, callId) : undefined;
}

/** How much goes to external storage, its worker knows. */
async function checkLarge(request: RawRequest, callId: string): Promise<void> {
  let mostBytes: number | undefined;
  try {
    mostBytes = await localActivities().maxRequestBytes();
  } catch (error) {
    // A worker without Holdfast's activities stores nothing.
    if (isCancellation(error)) throw error;
  }
  const tooLarge = oversize(request, mostBytes);
  if (tooLarge !== null) throw requestTooLarge(tooLarge, callId);
}

function requestTooLarge(why: string, callId: string): LlmCallError {
  return new LlmCallError(callFailure('RequestTooLargeError', why), callId);
}

/** Why this workflow makes no more calls, in a sentence; null: it may. */
function fullHistory(): string | null {
  const { historySize, workflowId } = workflowInfo();
  if (historySize <= MAX_HISTORY_BYTES || !patched('holdfast/full-history')) return null;
  const what = `the history of workflow ${workflowId} has ${historySize} bytes, and Temporal ends it at 50 MB`;
  return `${what}. Continue as new, or give the plugin of its worker a place for large payloads (external_storage)`;
}
