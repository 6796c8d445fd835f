import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { ApplicationFailure, TimeoutFailure, WorkflowNotFoundError } from '@temporalio/common';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import type { GroupState } from '../core/call/call-actions.js';
import { MEMO_OWNER, MEMO_SUMMARY } from '../core/call/memo.js';
import type { GroupProgress } from '../core/retries/progress.js';
import type { SearchAttributeName } from '../core/common/search-attributes.js';
import type { WhoAndWhy } from '../core/common/who-and-why.js';
import { groupState, isGate, pendingGroupActivity, pendingProgress } from '../temporal/pending-progress.js';

export type CallState = 'running' | 'answered' | 'failed' | 'cancelled' | 'terminated' | 'timed out';

/** What a running group does now. */
export interface PendingGroup {
  readonly group: string;
  readonly state: GroupState;
  /** Whether the call waits at the gate before the group, paused or not. */
  readonly isGate: boolean;
  /** Temporal's number of the attempt that is running or comes next, lost and interrupted ones included. */
  readonly attempt: number;
  readonly nextAttemptAt: Date | null;
  /** The failure before, as Temporal has it: error kind and message. */
  readonly lastFailure: string | null;
  /** The worker that has the attempt, or had the last one. */
  readonly worker: string | null;
  /** From the last heartbeat; null before the first. */
  readonly progress: GroupProgress | null;
}

/** A call at a glance. */
export interface CallDescription {
  readonly callId: string;
  /** The `owner` it was started with; null without one. */
  readonly owner: string | null;
  readonly runId: string;
  readonly state: CallState;
  readonly startedAt: Date;
  readonly closedAt: Date | null;
  /** When a deferred call begins; null: it has begun. */
  readonly beginsAt: Date | null;
  /** Who has paused its workflow by Temporal's own means (`temporal workflow pause`): nothing of it goes on. Null: nobody. */
  readonly workflowPause: WhoAndWhy | null;
  /** The request in a line. */
  readonly summary: string | null;
  /** The model group the call is in, or was in last. */
  readonly group: string | null;
  /** The group that is running now; null between groups and when the call is over. */
  readonly pending: PendingGroup | null;
}

const STATES: Readonly<Record<string, CallState>> = {
  RUNNING: 'running',
  COMPLETED: 'answered',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
};

/** The state of a call, from Temporal's name of its workflow's status. */
export function callState(status: string): CallState {
  return STATES[status] ?? 'running';
}

/** A workflow of this id is there, and is no call. */
export class NoCallError extends WorkflowNotFoundError {
  constructor(workflowId: string, type: string) {
    const hint = type === 'llmBatch' ? ', a batch: see `holdfast batch`' : '';
    super(`${workflowId} is no call: it is a workflow of type ${type}${hint}`, workflowId, undefined);
  }
}

/**
 * What Temporal knows of a call.
 * @throws WorkflowNotFoundError when there is no such workflow; NoCallError when it is no call
 */
export async function workflowOfCall(client: Client, callId: string): Promise<WorkflowExecutionDescription> {
  const description = await client.workflow.getHandle(callId).describe();
  if (description.type !== 'llmCall') throw new NoCallError(callId, description.type);
  return description;
}

/**
 * Describes a call from what Temporal knows of it; needs no worker.
 * @throws WorkflowNotFoundError when there is no such workflow, or it is no call
 */
export async function describeCall(client: Client, callId: string, nowMs: number): Promise<CallDescription> {
  const description = await workflowOfCall(client, callId);
  const { typedSearchAttributes, memo } = description;
  const name: SearchAttributeName = 'HoldfastGroup';
  const group = typedSearchAttributes.getAll().find(({ key }) => key.name === name)?.value;
  const pending = pendingGroupActivity(description);
  return {
    callId,
    owner: textIn(memo?.[MEMO_OWNER]),
    runId: description.runId,
    state: callState(description.status.name),
    startedAt: description.startTime,
    closedAt: description.closeTime ?? null,
    beginsAt: beginsAt(description, nowMs),
    workflowPause: workflowPause(description),
    summary: (await description.staticSummary()) ?? textIn(memo?.[MEMO_SUMMARY]),
    group: pending?.activityId ?? textIn(group),
    pending: pending === undefined ? null : await pendingGroup(client, pending, nowMs),
  };
}

/** The server starts it then; a call that somebody woke before goes on waiting. */
function beginsAt({ status, executionTime }: WorkflowExecutionDescription, nowMs: number): Date | null {
  return status.name === 'RUNNING' && executionTime && executionTime.getTime() > nowMs ? executionTime : null;
}

function workflowPause({ raw }: WorkflowExecutionDescription): WhoAndWhy | null {
  const { identity, reason } = raw.workflowExtendedInfo?.pauseInfo ?? {};
  return identity || reason ? { by: identity || 'somebody', why: reason || 'no reason was given' } : null;
}

function textIn(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

async function pendingGroup(client: Client, activity: PendingActivity, nowMs: number): Promise<PendingGroup> {
  const { loadedDataConverter } = client.options;
  const nextAttemptAt = optionalTsToDate(activity.nextAttemptScheduleTime) ?? null;
  const failure = await decodeOptionalFailureToOptionalError(loadedDataConverter, activity.lastFailure);
  return {
    group: activity.activityId ?? '',
    state: groupState(activity, nowMs),
    isGate: isGate(activity),
    attempt: activity.attempt ?? 1,
    nextAttemptAt,
    lastFailure: failure === undefined ? null : failureText(failure),
    worker: activity.lastWorkerIdentity || null,
    progress: await pendingProgress(client, activity),
  };
}

/** The failures of our policy name their kind in the message; others get a word for what they are. */
function failureText(failure: Error): string {
  if (failure instanceof TimeoutFailure) return `attempt lost: ${failure.message}`;
  const kind = failure instanceof ApplicationFailure ? failure.type : null;
  return kind && !failure.message.startsWith(kind) ? `${kind}: ${failure.message}` : failure.message;
}
