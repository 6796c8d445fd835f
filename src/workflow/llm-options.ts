import type { ActivityOptions } from '@temporalio/common';
import { workflowInfo, type ChildWorkflowOptions } from '@temporalio/workflow';
import { callFailure } from '../core/call/call-failure.js';
import type { CallFailure } from '../core/call/call-types.js';
import { A_NAME, isName } from '../core/common/names.js';

interface OptionsOfAll {
  /** Where Holdfast's workers are. @default the task queue of the workflow: its worker has `HoldfastPlugin` */
  readonly taskQueue?: string | undefined;
  /** Of the call, among others that wait for a worker. @default the workflow's own */
  readonly priority?: ChildWorkflowOptions['priority'];
  /** The call in a line, for Temporal's UI. @default the end of the prompt */
  readonly summary?: string | undefined;
}

/** How a call is run as a child workflow. */
export interface LlmChildWorkflowOptions extends OptionsOfAll {
  readonly runAs?: 'childWorkflow' | undefined;
  /** The id of the call, its workflow id. It must be nobody else's. @default `call-` and a random UUID */
  readonly callId?: string | undefined;
  /** What becomes of the call when the workflow ends before it. @default it is cancelled */
  readonly parentClosePolicy?: ChildWorkflowOptions['parentClosePolicy'];
  /** Whether the workflow waits until a call that it cancels has ended. @default it does */
  readonly cancellationType?: ChildWorkflowOptions['cancellationType'];
}

/** How a call is run as activities of the workflow that makes it, one for each model group. */
export interface LlmActivitiesOptions extends OptionsOfAll {
  readonly runAs: 'activities';
  /** Whether the workflow waits until the request of a call that it cancels has ended. @default it does */
  readonly cancellationType?: ActivityOptions['cancellationType'];
}

/** How a call is run by a workflow: as a child workflow, or as activities of its own. */
export type LlmOptions = LlmChildWorkflowOptions | LlmActivitiesOptions;

/** What only a child workflow has. */
const OF_CHILDREN = ['callId', 'parentClosePolicy'] as const;

const WAYS: readonly unknown[] = ['childWorkflow', 'activities', undefined];

/** What is wrong with the options; null: nothing. */
export function problemOfOptions(options: LlmOptions): CallFailure | null {
  if (!WAYS.includes(options.runAs)) {
    return callFailure('BadRequestError', "runAs: expected 'childWorkflow' or 'activities'");
  }
  if (options.runAs !== 'activities') {
    const { callId } = options;
    return callId === undefined || isName(callId) ? null : callFailure('BadRequestError', `callId: expected ${A_NAME}`);
  }
  const given: Partial<LlmChildWorkflowOptions> = { ...options, runAs: undefined, cancellationType: undefined };
  const ofChildren = OF_CHILDREN.find((name) => given[name] !== undefined);
  if (ofChildren === undefined) return null;
  const what = `${ofChildren}: a call as activities has none, for it is part of workflow ${workflowInfo().workflowId}`;
  return callFailure('BadRequestError', `${what}; leave it out, or run the call as a child workflow`);
}
