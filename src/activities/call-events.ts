import type { Info } from '@temporalio/activity';
import type { EventError, FailureEvent, FallbackEvent, SuccessEvent } from '../callbacks/events.js';
import type { CallModelGroupInput, CameFrom } from '../core/call/call-types.js';
import type { Failure } from '../core/errors/classify.js';
import type { NextStep } from '../core/ledger/ledger.js';
import type { Operation } from '../core/common/operations.js';
import { isoTime } from '../core/common/iso-time.js';
import { retriesMade, type GroupProgress } from '../core/retries/progress.js';
import type { DeploymentPlan } from '../core/plan/settings.js';
import type { ProviderAnswer } from '../providers/call-provider.js';

/** The call and the group that events are about. */
export interface CallOfEvent {
  readonly callId: string;
  readonly runId: string;
  readonly operation: Operation;
  readonly group: string;
}

/** An attempt that came to its end. */
export interface MadeAttempt {
  readonly deployment: DeploymentPlan;
  /** One-based within the group. */
  readonly attempt: number;
  /** Retries that the group had made when it began. */
  readonly retries: number;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** The attempt of a group that has just ended. */
export function madeAttempt(
  progress: GroupProgress,
  deployment: DeploymentPlan,
  startedMs: number,
  endedMs: number,
): MadeAttempt {
  return { deployment, attempt: progress.attempts, retries: retriesMade(progress), startedMs, endedMs };
}

export function callOfContext(
  { workflowExecution }: Pick<Info, 'workflowExecution'>,
  { callId, operation, plan }: Pick<CallModelGroupInput, 'callId' | 'operation' | 'plan'>,
): CallOfEvent {
  const { workflowId = '', runId = '' } = workflowExecution ?? {};
  return { callId: callId ?? workflowId, runId, operation, group: plan.group };
}

export function successEvent(call: CallOfEvent, made: MadeAttempt, answer: ProviderAnswer): SuccessEvent {
  const { status, requestId, tokens } = answer;
  return {
    type: 'success',
    ...call,
    ...attemptOf(made),
    status,
    requestId,
    tokens,
    kind: null,
    error: null,
    next: null,
  };
}

export function failureEvent(call: CallOfEvent, made: MadeAttempt, failure: Failure, next: NextStep): FailureEvent {
  const { kind, status, requestId, tokens } = failure;
  return {
    type: 'failure',
    ...call,
    ...attemptOf(made),
    status,
    requestId,
    tokens,
    kind,
    error: errorOf(failure),
    next,
  };
}

export function fallbackEvent(call: CallOfEvent, { group, failure, fallback }: CameFrom, nowMs: number): FallbackEvent {
  return {
    type: 'fallback',
    ...call,
    from: group,
    to: call.group,
    kind: failure.kind,
    error: errorOf(failure),
    fallback,
    startedAt: isoTime(nowMs),
  };
}

function attemptOf({ deployment, attempt, retries, startedMs, endedMs }: MadeAttempt) {
  return {
    deployment: deployment.id,
    model: deployment.model,
    attempt,
    retries,
    startedAt: isoTime(startedMs),
    durationMs: Math.max(0, endedMs - startedMs),
  };
}

function errorOf({ status, message, requestId }: CameFrom['failure']): EventError {
  return { status, message, requestId };
}
