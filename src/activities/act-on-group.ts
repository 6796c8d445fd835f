import { activityInfo, getClient } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import type { Clock } from '../clock.js';
import type { ActionInput, GroupSeen } from '../core/call/call-actions.js';
import type { LastProgress } from '../core/call/last-progress.js';
import type { GroupProgress } from '../core/retries/progress.js';
import { eventsOf } from '../temporal/events-of.js';
import { firstIn } from '../temporal/first-in.js';
import { groupState, isIdleUntil, pendingGroupActivity, pendingProgress } from '../temporal/pending-progress.js';

/** As long as a workflow task may take: no attempt begins before the one that asked is over. */
const TASK_MS = 10_000;

/** The activity of a call's first group is among the first of its history. */
const EVENTS_AT_ONCE = 10;

/** What the running group of a call does, and what it told last. */
export interface GroupNow extends GroupSeen {
  /** Null before its first heartbeat. */
  readonly progress: GroupProgress | null;
}

/** A group, and who acts on it. */
type PausedGroup = Pick<ActionInput, 'by' | 'why'> & { readonly group: string };

/** Makes the local activities with which a workflow acts on the activity of its group: Temporal's server has the means. */
export function createActOnGroup(clock: Pick<Clock, 'now'>) {
  return {
    /** Null: the call is between its groups. */
    async groupNow(): Promise<GroupNow | null> {
      const activity = await runningGroup();
      if (activity === undefined) return null;
      const { manual } = activity.pauseInfo ?? {};
      return {
        state: groupState(activity, clock.now()),
        progress: await pendingProgress(getClient(), activity),
        pausedBy: manual ? { by: manual.identity ?? '', why: manual.reason ?? '' } : null,
      };
    },

    /**
     * Reads what the call's running group told last. The workflow asks before it cancels a group that waits for its next
     * attempt: Temporal throws the heartbeat away with the activity, and the ledger would be lost.
     */
    async lastProgress(): Promise<LastProgress | null> {
      const activity = await runningGroup();
      const progress = activity && (await pendingProgress(getClient(), activity));
      if (!progress) return null;
      const isIdle = isIdleUntil(activity, clock.now() + TASK_MS);
      return { ...progress, ...(isIdle && { isIdle }) };
    },

    /**
     * Reads what the call's first activity was given. Where the process that started the call has its first workflow task answered,
     * the code of the workflow never hears of the attempt that was made beside that.
     */
    async givenProgress(): Promise<GroupProgress | null> {
      const client = getClient();
      for await (const { activityTaskScheduledEventAttributes: scheduled } of eventsOf(
        client,
        execution(),
        EVENTS_AT_ONCE,
      )) {
        if (scheduled) return firstIn(client.options.loadedDataConverter, scheduled.input);
      }
      return null;
    },

    async pauseGroup({ group, by, why }: PausedGroup): Promise<void> {
      await getClient().workflowService.pauseActivity({ ...target(group), identity: by, reason: why });
    },

    async resumeGroup({ group, by }: PausedGroup): Promise<void> {
      await getClient().workflowService.unpauseActivity({ ...target(group), identity: by });
    },

    /** Only the server can have a workflow end as cancelled. */
    async cancelCall(): Promise<void> {
      await ownWorkflow().cancel();
    },
  };
}

async function runningGroup() {
  return pendingGroupActivity(await ownWorkflow().describe());
}

function ownWorkflow(): WorkflowHandle {
  const { workflowId, runId } = execution();
  return getClient().workflow.getHandle(workflowId, runId);
}

function target(id: string) {
  return { namespace: getClient().options.namespace, execution: execution(), id };
}

function execution(): { workflowId: string; runId: string } {
  const { workflowExecution } = activityInfo();
  if (workflowExecution === undefined) throw new Error('this activity is for workflows only');
  return workflowExecution;
}
