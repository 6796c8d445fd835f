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

/**
 * Of some workflows those whose payloads are in a history. They are in that of the workflow itself, as long as the namespace keeps
 * it. And they are in that of a workflow that made a call as its child: for those that are gone, these histories are read once, event
 * by event. Of a batch it is enough that it is there.
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
