import type { Client } from '@temporalio/client';
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import {
  decodeFromPayloadsAtIndex,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import type {
  CallFailure,
  CallModelGroupOutput,
  CallReport,
  CallResult,
  GroupFailure,
} from '../core/call/call-types.js';
import { isEndedGroup, type EndedGroup } from '../core/call/ended-group.js';
import { EVENTS_TO_FIRST_TASK } from '../core/call/first-task.js';
import { EMPTY_LEDGER, joinLedgers, type Ledger } from '../core/ledger/ledger.js';
import { isProgress } from '../core/retries/progress.js';
import { describeCall, type CallDescription } from './describe-call.js';

/** A call with its whole ledger, running or over. */
export interface CallInspection extends CallDescription {
  readonly ledger: Ledger;
  /** What the call is doing, or how it ended, in a line. */
  readonly now: string;
  /** Counts of a call that is over; null while it runs and when it was stopped from outside. */
  readonly report: CallReport | null;
}

/**
 * Reads a call's ledger from its history and, while a group runs, from that group's heartbeat. Needs no worker, so it
 * also tells why a call waits when none is left.
 */
export async function inspectCall(client: Client, callId: string, nowMs: number): Promise<CallInspection> {
  const description = await describeCall(client, callId, { nowMs });
  const history = await readHistory(client, callId, description.runId);
  const running = description.pending?.progress ?? null;
  // The history is read after the description: the group may have ended between the two.
  const hasEnded = history.groups.some((ended) => ended?.group === running?.group);
  const ledgers = [...history.groups, hasEnded ? null : running].flatMap((progress) => progress?.ledger ?? []);
  return {
    ...description,
    report: history.report,
    ledger: history.report?.ledger ?? ledgers.reduce(joinLedgers, EMPTY_LEDGER),
    now: nowOf(description, history),
  };
}

function nowOf({ state, pending, group }: CallDescription, { failure, isInFirstTask }: CallEvents): string {
  if (state !== 'running') return failure === null ? state : `${state}: ${failure}`;
  const where = `group ${group}`;
  if (pending === null) return isInFirstTask ? firstAttemptLine(group) : 'between groups, or queued for a worker';
  switch (pending.state) {
    case 'waiting':
      return `${where} waits until ${pending.nextAttemptAt?.toISOString()}: ${pending.progress?.now ?? pending.lastFailure}`;
    case 'queued':
      return `${where} is queued for a worker`;
    case 'paused':
      return `${where} is paused by an operator`;
    case 'stopping':
      return `${where} is being cancelled`;
    case 'asking':
      return `${where} asks a provider (attempt ${pending.attempt} of the activity)`;
  }
}

/** What a call does before it has an activity, in a line. */
export function firstAttemptLine(group: string | null): string {
  return `group ${group}: its first attempt is under way`;
}

interface CallEvents {
  /** The groups that came to an end, in order. */
  groups: (Pick<EndedGroup, 'group' | 'ledger'> | null)[];
  report: CallReport | null;
  failure: string | null;
  /** Whether somebody has its first workflow task: for more than a moment only who makes the first attempt with it. */
  isInFirstTask: boolean;
}

async function readHistory(client: Client, callId: string, runId: string): Promise<CallEvents> {
  const converter = client.options.loadedDataConverter;
  const read: CallEvents = { groups: [], report: null, failure: null, isInFirstTask: false };
  // A waiting group is cancelled unheard; the workflow asked for its progress just before.
  let lastProgress: unknown = null;
  const { events } = await client.workflow.getHandle(callId, runId).fetchHistory();
  read.isInFirstTask = events?.length === EVENTS_TO_FIRST_TASK;
  for (const event of events ?? []) {
    const answered = event.activityTaskCompletedEventAttributes?.result?.payloads;
    if (answered) {
      read.groups.push(
        endIn(await decodeFromPayloadsAtIndex<Partial<CallModelGroupOutput> | null>(converter, 0, answered)),
      );
    }

    const asked = event.markerRecordedEventAttributes?.details?.['result']?.payloads;
    if (asked?.length) lastProgress = await decodeFromPayloadsAtIndex(converter, 0, asked);

    const cancelled = event.activityTaskCanceledEventAttributes?.details?.payloads;
    if (cancelled?.length) {
      const details = await decodeFromPayloadsAtIndex<unknown>(converter, 0, cancelled);
      read.groups.push([details, lastProgress].find(isProgress) ?? null);
    }

    const ended = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    if (ended) {
      const end = endOf(await decodeOptionalFailureToOptionalError(converter, ended.failure));
      read.groups.push(end ?? (isProgress(lastProgress) ? lastProgress : null));
    }

    const result = event.workflowExecutionCompletedEventAttributes?.result?.payloads;
    if (result) read.report = (await decodeFromPayloadsAtIndex<CallResult>(converter, 0, result)).report;

    const failed = event.workflowExecutionFailedEventAttributes?.failure;
    if (failed) {
      const failure = await decodeOptionalFailureToOptionalError(converter, failed);
      const details =
        failure instanceof ApplicationFailure ? (failure.details?.[0] as CallFailure | undefined) : undefined;
      read.report = details?.report ?? null;
      read.failure =
        details === undefined ? (failure?.message ?? null) : `${details.kind} (${details.status}): ${details.message}`;
    }
  }
  return read;
}

/** What a failed activity tells of its group, wherever Temporal put it. */
function endOf(failure: Error | undefined): Pick<EndedGroup, 'group' | 'ledger'> | null {
  if (failure instanceof TimeoutFailure) {
    return isProgress(failure.lastHeartbeatDetails) ? failure.lastHeartbeatDetails : null;
  }
  if (!(failure instanceof ApplicationFailure)) return null;
  return endIn(failure.details?.[0] as Partial<GroupFailure> | null | undefined);
}

/** Whoever ends an activity by hand can leave anything there. */
function endIn(left: { readonly ended?: EndedGroup } | null | undefined): EndedGroup | null {
  return isEndedGroup(left?.ended) ? left.ended : null;
}
