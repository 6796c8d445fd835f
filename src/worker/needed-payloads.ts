import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { isWorkflowGone } from '../temporal/is-workflow-gone.js';

/** Workflows that make no calls as their children. */
const WITHOUT_CHILDREN = ['llmCall', 'providerBoard'];

/**
 * Whether what a workflow has stored is in a history. It is in its own, as long as the namespace keeps that. And it is in that of
 * a workflow that made a call as its child: those histories are read, once somebody asks for a workflow that is gone.
 * @param client - one that lists also what it has no key for
 */
export function neededPayloads(client: Client): (workflowId: string) => Promise<boolean> {
  let children: Promise<ReadonlySet<string>> | null = null;
  return async (workflowId) => {
    if (await isThere(client, workflowId)) return true;
    children ??= childrenOfAll(client);
    return (await children).has(workflowId);
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

async function childrenOfAll(client: Client): Promise<ReadonlySet<string>> {
  const children = new Set<string>();
  const query = WITHOUT_CHILDREN.map((type) => `WorkflowType != "${type}"`).join(' AND ');
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    for (const id of await childrenOf(client, workflowId, runId)) children.add(id);
  }
  return children;
}

async function childrenOf(client: Client, workflowId: string, runId: string): Promise<readonly string[]> {
  try {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    return (events ?? []).flatMap(
      ({ startChildWorkflowExecutionInitiatedEventAttributes: child }) => child?.workflowId ?? [],
    );
  } catch (error) {
    // Its time is over, too.
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}
