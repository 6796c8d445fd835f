import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowFailure,
  executeChild,
  isCancellation,
  uuid4,
  CancellationScope,
  type ChildWorkflowOptions,
} from '@temporalio/workflow';
import type { CallRequest, CallResponse } from '../client/request-types.js';
import { BACKSTOP_MS } from '../core/call/backstop.js';
import { callFailure } from '../core/call/call-failure.js';
import type { CallFailure, CallResult, LlmCallInput } from '../core/call/call-types.js';
import { oversize } from '../core/common/limits.js';
import { A_NAME, isName } from '../core/common/names.js';
import type { Operation } from '../core/common/operations.js';
import { requestLine, type RawRequest } from '../core/plan/request.js';
import { failureOfStop, failureToldBy } from '../temporal/stopped-call.js';
import { groupAttribute } from '../workflows/visibility.js';
import { LlmCallError } from './llm-call-error.js';

/** How a call is run by a workflow. */
export interface LlmOptions {
  /** Where Holdfast's workers are. @default the task queue of the workflow: its worker has `HoldfastPlugin` */
  readonly taskQueue?: string | undefined;
  /** The id of the call, its workflow id. It must be nobody else's. @default `call-` and a random UUID */
  readonly callId?: string | undefined;
  /** What becomes of the call when the workflow ends before it. @default it is cancelled */
  readonly parentClosePolicy?: ChildWorkflowOptions['parentClosePolicy'];
  /** Whether the workflow waits until a call that it cancels has ended. @default it does */
  readonly cancellationType?: ChildWorkflowOptions['cancellationType'];
  /** Of the call, among others that wait for a worker. @default the workflow's own */
  readonly priority?: ChildWorkflowOptions['priority'];
  /** The call in a line, for Temporal's UI. @default the end of the prompt */
  readonly summary?: string | undefined;
}

/** Calls of one operation. */
export type LlmCalls<Op extends Operation> = (
  request: CallRequest<Op>,
  options?: LlmOptions,
) => Promise<CallResult<CallResponse<Op>>>;

/**
 * LLM calls from a workflow, one function for each operation. Each call is a child workflow, with its own retries, fallbacks and
 * ledger; the workflow waits for its answer.
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

async function runCall(input: LlmCallInput, options: LlmOptions): Promise<CallResult> {
  const { callId = `call-${uuid4()}`, parentClosePolicy = 'REQUEST_CANCEL', summary } = options;
  const problem = problemOf(input, callId);
  if (problem !== null) throw new LlmCallError(problem, callId);
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
      ...(options.taskQueue !== undefined && { taskQueue: options.taskQueue }),
      ...(options.cancellationType !== undefined && { cancellationType: options.cancellationType }),
      ...(options.priority !== undefined && { priority: options.priority }),
    });
  } catch (error) {
    throw isCancellation(error) && CancellationScope.current().consideredCancelled ? error : errorOf(error, callId);
  }
}

function errorOf(error: unknown, callId: string): unknown {
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    const message = `call ${callId} exists already. A workflow makes calls of its own: leave out callId, or choose another`;
    return new LlmCallError(callFailure('ConflictError', message), callId);
  }
  if (!(error instanceof ChildWorkflowFailure)) return error;
  return new LlmCallError(failureToldBy(error.cause) ?? failureOfStop(error.cause, callId), callId);
}

/** What would only be told by Temporal, and not of this call; the rest is told by the call itself. */
function problemOf({ request }: LlmCallInput, callId: string): CallFailure | null {
  if (!isName(callId)) return callFailure('BadRequestError', `callId: expected ${A_NAME}`);
  const tooLarge = oversize(request);
  return tooLarge === null ? null : callFailure('RequestTooLargeError', tooLarge);
}
