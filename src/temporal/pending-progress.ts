import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import type { GroupState } from '../core/call/call-actions.js';
import type { ChunkProgress } from '../core/batch/batch.js';
import type { GroupProgress } from '../core/retries/progress.js';

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** The activity of a group, and that of the gate before one. */
export const GROUP_ACTIVITIES: readonly string[] = ['callModelGroup', 'awaitApproval'];

/** The activity of the group that a call is in, or waits at the gate of; undefined between groups. */
export function pendingGroupActivity(description: WorkflowExecutionDescription): PendingActivity | undefined {
  return pendingActivities(description, GROUP_ACTIVITIES)[0];
}

/** The activity of this id, as long as it runs. */
export function pendingActivity(
  { raw }: WorkflowExecutionDescription,
  activityId: string,
): PendingActivity | undefined {
  return raw.pendingActivities?.find((activity) => activity.activityId === activityId);
}

/** `temporal.api.enums.v1.PendingActivityState` */
const STARTED = 2;
const CANCEL_REQUESTED = 3;
const PAUSE_REQUESTED = 5;

/** Whether a call waits at the gate before its group. */
export function isGate({ activityType }: PendingActivity): boolean {
  return activityType?.name === 'awaitApproval';
}

/** What the activity of a group does. */
export function groupState(activity: PendingActivity, nowMs: number): GroupState {
  const { state, paused, nextAttemptScheduleTime } = activity;
  if (state === CANCEL_REQUESTED) return 'stopping';
  // Whether its attempt is due or under way means nothing: it asks nobody.
  if (isGate(activity)) return paused === true || state === PAUSE_REQUESTED ? 'paused' : 'gated';
  if (state === PAUSE_REQUESTED) return 'pausing';
  if (paused === true) return 'paused';
  if (state === STARTED) return 'asking';
  const nextAttemptMs = optionalTsToDate(nextAttemptScheduleTime)?.getTime() ?? 0;
  return nextAttemptMs > nowMs ? 'waiting' : 'queued';
}

/** Whether no attempt of the group begins before then, unless somebody has it begin: who waits at a gate waits for a word. */
export function isIdleUntil(activity: PendingActivity, untilMs: number): boolean {
  return ['waiting', 'paused', 'gated'].includes(groupState(activity, untilMs));
}

/** What the group told with its last heartbeat; null before the first. */
export function pendingProgress(client: Client, activity: PendingActivity): Promise<GroupProgress | null> {
  return lastHeartbeat(client, activity);
}

/** What the running chunks of a batch told with their last heartbeats. */
export async function chunkProgress(
  client: Client,
  description: WorkflowExecutionDescription,
): Promise<ChunkProgress[]> {
  const chunks = pendingActivities(description, ['runChunk']);
  const heartbeats = await Promise.all(chunks.map((activity) => lastHeartbeat<ChunkProgress>(client, activity)));
  return heartbeats.filter((progress) => progress !== null);
}

function pendingActivities({ raw }: WorkflowExecutionDescription, names: readonly string[]): PendingActivity[] {
  return raw.pendingActivities?.filter(({ activityType }) => names.includes(activityType?.name ?? '')) ?? [];
}

async function lastHeartbeat<T>(client: Client, { heartbeatDetails }: PendingActivity): Promise<T | null> {
  const payloads = heartbeatDetails?.payloads;
  return payloads?.length ? decodeFromPayloadsAtIndex<T>(client.options.loadedDataConverter, 0, payloads) : null;
}
