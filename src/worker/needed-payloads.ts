import type { Client } from '@temporalio/client';
import { batchOfRowCall } from '../core/batch/batch.js';
import { Turns } from '../core/common/turns.js';
import { WORKFLOW_TYPES } from '../core/common/workflow-types.js';
import { eventsOf } from '../temporal/events-of.js';
import { isWorkflowGone } from '../temporal/is-workflow-gone.js';

/** So many workflows are asked for at once. */
const AT_ONCE = 10;

/** Events of a history that are held at once: of 2 MB each at most, they are one message. */
const EVENTS_AT_ONCE = 50;

/** What Temporal adds to the name of a workflow that a schedule starts. */
const TIME_OF_SCHEDULE = /-\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

/**
 * Of some workflows those whose payloads are in a history. They are in that of the workflow itself, as long as the namespace keeps
 * it. And they are in that of a workflow that made a call as its child: for those that are gone, these histories are read once, event
 * by event. Of a batch it is enough that it is there. And they are in schedules, and in what these have started.
 * @param client - one that lists also what it has no key for
 */
export function neededPayloads(client: Client): (workflowIds: ReadonlySet<string>) => Promise<ReadonlySet<string>> {
  return async (workflowIds) => {
    const needed = new Set<string>();
    const turns = new Turns(AT_ONCE);
    const look = async (workflowId: string) => {
      const batchId = batchOfRowCall(workflowId);
      const isNeeded = (await isThere(client, workflowId)) || (batchId !== null && (await isThere(client, batchId)));
      if (isNeeded) needed.add(workflowId);
    };
    await Promise.all([...workflowIds].map((workflowId) => turns.take(() => look(workflowId))));
    const gone = new Set([...workflowIds].filter((workflowId) => !needed.has(workflowId)));
    for await (const child of childrenOfAll(client, gone)) needed.add(child);
    for await (const scheduled of scheduledAs(client, gone)) needed.add(scheduled);
    return needed;
  };
}

async function isThere(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { namespace } = client.options;
    // Nothing of it is decoded: it may be under a key that is not here.
    await client.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } });
    return true;
  } catch (error) {
    if (isWorkflowGone(error)) return false;
    throw error;
  }
}

/**
 * Which of some names schedules give: what they start is called so and by the time, and is given what the schedule has, which was
 * stored under the name alone.
 */
async function* scheduledAs(client: Client, among: ReadonlySet<string>): AsyncGenerator<string> {
  if (among.size === 0) return;
  for await (const { workflowId } of client.workflow.list({ query: 'TemporalScheduledById IS NOT NULL' })) {
    const name = workflowId.replace(TIME_OF_SCHEDULE, '');
    if (among.has(name)) yield name;
  }
  for await (const { scheduleId } of client.schedule.list()) {
    const name = await nameIn(client, scheduleId);
    if (among.has(name)) yield name;
  }
}

/** The name that a schedule gives to what it starts. */
async function nameIn({ workflowService, options: { namespace } }: Client, scheduleId: string): Promise<string> {
  try {
    // As with workflows, nothing of it is decoded.
    const { schedule } = await workflowService.describeSchedule({ namespace, scheduleId });
    return schedule?.action?.startWorkflow?.workflowId ?? '';
  } catch (error) {
    // A list has it for a while after that.
    if (isWorkflowGone(error)) return '';
    throw error;
  }
}

/** Which of some workflows have been children of any that is there. */
async function* childrenOfAll(client: Client, among: ReadonlySet<string>): AsyncGenerator<string> {
  if (among.size === 0) return;
  // Of Holdfast's own only batches make calls: those of their rows, whose ids tell it.
  const query = WORKFLOW_TYPES.map((type) => `WorkflowType != "${type}"`).join(' AND ');
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    for await (const child of childrenOf(client, workflowId, runId)) if (among.has(child)) yield child;
  }
}

async function* childrenOf(client: Client, workflowId: string, runId: string): AsyncGenerator<string> {
  try {
    for await (const event of eventsOf(client, { workflowId, runId }, EVENTS_AT_ONCE)) {
      const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
      if (typeof child?.workflowId === 'string') yield child.workflowId;
    }
  } catch (error) {
    // Its time is over, too.
    if (!isWorkflowGone(error)) throw error;
  }
}
