import type { Client } from '@temporalio/client';
import { ApplicationFailure, TimeoutFailure, type LoadedDataConverter } from '@temporalio/common';
import {
  decodeFromPayloadsAtIndex,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import type { temporal } from '@temporalio/proto';
import {
  CALL_ACTION_NAMES,
  noteOfAction,
  noteOfStop,
  type ActionInput,
  type CallAction,
} from '../core/call/call-actions.js';
import type {
  CallFailure,
  CallModelGroupOutput,
  CallReport,
  CallResult,
  GroupFailure,
} from '../core/call/call-types.js';
import { isEndedGroup, type EndedGroup } from '../core/call/ended-group.js';
import { EVENTS_TO_FIRST_TASK } from '../core/call/first-task.js';
import type { AwaitApprovalInput } from '../core/call/gate.js';
import { redactedMessage } from '../core/common/redact.js';
import type { WhoAndWhy } from '../core/common/who-and-why.js';
import { entryCount, type LedgerEntry } from '../core/ledger/ledger.js';
import { isProgress } from '../core/retries/progress.js';
import { eventsOf } from '../temporal/events-of.js';
import { firstIn } from '../temporal/first-in.js';
import { GROUP_ACTIVITIES } from '../temporal/pending-progress.js';

type CancelRequested = temporal.api.history.v1.IWorkflowExecutionCancelRequestedEventAttributes;

type GroupSoFar = Pick<EndedGroup, 'group' | 'ledger'>;

/** What the history of a call tells of it. */
export interface CallEvents {
  /** What was told of each group last, in order. */
  groups: readonly GroupSoFar[];
  /** What was done to the call. */
  actions: readonly LedgerEntry[];
  report: CallReport | null;
  failure: string | null;
  /** Who asked from outside for its end, and why, as far as they said; null: nobody did. */
  stoppedBy: WhoAndWhy | null;
  /** Whether somebody has its first workflow task: for more than a moment only who makes the first attempt with it. */
  isInFirstTask: boolean;
}

/**
 * What was told of a group takes the place of what was told before: after an action, its next activity goes on with the
 * ledger. What was read before it ended comes late.
 */
export function withGroup(groups: readonly GroupSoFar[], told: GroupSoFar | null): readonly GroupSoFar[] {
  if (told === null) return groups;
  const startOf = ({ group, ledger }: GroupSoFar) => `${group} ${ledger.entries[0]?.startedAt}`;
  const before = groups.findIndex((each) => startOf(each) === startOf(told));
  const known = groups[before];
  if (known === undefined) return [...groups, told];
  return entryCount(known.ledger) > entryCount(told.ledger) ? groups : groups.with(before, told);
}

export async function readHistory(client: Client, callId: string, runId: string): Promise<CallEvents> {
  const converter = client.options.loadedDataConverter;
  const read: CallEvents = {
    groups: [],
    actions: [],
    report: null,
    failure: null,
    stoppedBy: null,
    isInFirstTask: false,
  };
  const actions = new Map<string, LedgerEntry>();
  let group = '';
  // A waiting group is cancelled unheard, or ends with its call; the workflow asked for its progress just before.
  let lastProgress: unknown = null;
  const events: temporal.api.history.v1.IHistoryEvent[] = [];
  for await (const event of eventsOf(client, { workflowId: callId, runId })) events.push(event);
  read.isInFirstTask = events.length === EVENTS_TO_FIRST_TASK;
  for (const event of events) {
    const atMs = optionalTsToMs(event.eventTime) ?? 0;
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (GROUP_ACTIVITIES.includes(scheduled?.activityType?.name ?? '')) group = scheduled?.activityId ?? '';
    if (scheduled) read.groups = withGroup(read.groups, await gateIn(converter, scheduled));

    const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
    const act = accepted ? await actionIn(converter, accepted) : null;
    if (act !== null) actions.set(String(event.eventId), noteOfAction(act.action, act.input, group, atMs));
    // It has the server ask the workflow to end, which says nothing of who acted.
    if (act?.action === 'cancel') read.stoppedBy = act.input;
    const acted = event.workflowExecutionUpdateCompletedEventAttributes;
    if (acted?.outcome?.failure) actions.delete(String(acted.acceptedEventId));

    const cancelling = event.workflowExecutionCancelRequestedEventAttributes;
    if (cancelling?.cause) actions.set(String(event.eventId), noteOfStop('cancelled', cancelling.cause, group, atMs));
    if (cancelling?.cause || (cancelling && read.stoppedBy === null)) read.stoppedBy = whoCancelled(cancelling);

    const terminated = event.workflowExecutionTerminatedEventAttributes;
    if (terminated) {
      const { by, why } = (read.stoppedBy = whoStopped(terminated.identity, terminated.reason));
      actions.set(String(event.eventId), noteOfStop('terminated', `by ${by}: ${why}`, group, atMs));
    }

    const answered = event.activityTaskCompletedEventAttributes?.result?.payloads;
    if (answered) {
      const output = await decodeFromPayloadsAtIndex<Partial<CallModelGroupOutput> | null>(converter, 0, answered);
      read.groups = withGroup(read.groups, endIn(output));
    }

    const asked = event.markerRecordedEventAttributes?.details?.['result']?.payloads;
    if (asked?.length) lastProgress = progressIn(await decodeFromPayloadsAtIndex(converter, 0, asked));

    const cancelled = event.activityTaskCanceledEventAttributes;
    if (cancelled) {
      const told = cancelled.details?.payloads;
      const details = told?.length ? await decodeFromPayloadsAtIndex<unknown>(converter, 0, told) : null;
      read.groups = withGroup(read.groups, [details, lastProgress].find(isProgress) ?? null);
    }

    if (event.workflowExecutionCanceledEventAttributes && isProgress(lastProgress)) {
      read.groups = withGroup(read.groups, lastProgress);
    }

    const ended = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    if (ended) {
      const end = endOf(await decodeOptionalFailureToOptionalError(converter, ended.failure));
      read.groups = withGroup(read.groups, end ?? (isProgress(lastProgress) ? lastProgress : null));
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
  if (read.groups.length === 0 && read.report === null) {
    const before = isProgress(lastProgress) ? lastProgress : await firstIn(converter, earliestInput(events));
    read.groups = withGroup([], before);
  }
  return { ...read, actions: [...actions.values()] };
}

/**
 * What tells of an attempt that was made before any activity has: the input of the first of these, for it may have been made beside
 * the first workflow task; before there is one, that of the workflow.
 */
function earliestInput(events: readonly temporal.api.history.v1.IHistoryEvent[]) {
  const scheduled = events.find((event) => event.activityTaskScheduledEventAttributes);
  return (
    scheduled?.activityTaskScheduledEventAttributes?.input ?? events[0]?.workflowExecutionStartedEventAttributes?.input
  );
}

function whoStopped(by: string | null | undefined, why: string | null | undefined): WhoAndWhy {
  return { by: by || 'somebody', why: redactedMessage(why || 'no reason was given') };
}

/** Holdfast's own cancellations say who asks in their reason: the identity is that of a process. */
function whoCancelled({ cause, identity }: CancelRequested): WhoAndWhy {
  const [, by, why] = /^by (.+?): (.+)$/s.exec(cause ?? '') ?? [];
  return whoStopped(by ?? identity, why ?? cause);
}

/** What a local activity of the workflow tells of the group: by itself, with what the group does, or with the plan of the call. */
function progressIn(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result;
  if ('firstAttempt' in result) return progressIn(result.firstAttempt);
  return 'progress' in result ? result.progress : result;
}

/** What a call waits for at a gate, known from the beginning of that; null for another activity. */
async function gateIn(
  converter: LoadedDataConverter,
  { activityType, input }: temporal.api.history.v1.IActivityTaskScheduledEventAttributes,
): Promise<GroupSoFar | null> {
  if (activityType?.name !== 'awaitApproval' || !input?.payloads?.length) return null;
  const { progress } = await decodeFromPayloadsAtIndex<AwaitApprovalInput>(converter, 0, input.payloads);
  return progress;
}

/** An action on the call; null for another Update. */
async function actionIn(
  converter: LoadedDataConverter,
  { acceptedRequest }: temporal.api.history.v1.IWorkflowExecutionUpdateAcceptedEventAttributes,
): Promise<{ readonly action: CallAction; readonly input: ActionInput } | null> {
  const { name, args } = acceptedRequest?.input ?? {};
  const action = CALL_ACTION_NAMES.find((each) => each === name);
  if (action === undefined || !args?.payloads?.length) return null;
  return { action, input: await decodeFromPayloadsAtIndex<ActionInput>(converter, 0, args.payloads) };
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
