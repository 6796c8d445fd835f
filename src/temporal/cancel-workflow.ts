import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { isWorkflowGone } from './is-workflow-gone.js';
import { serverSays } from './server-says.js';

/**
 * Asks for the end of a workflow, and says why: that stands in its history, in plain text. The SDK's own way has no reason.
 * @throws WorkflowNotFoundError where it is over, or never was
 */
export async function cancelWorkflow(client: Client, workflowId: string, reason: string): Promise<void> {
  const { namespace, identity } = client.options;
  try {
    await client.workflowService.requestCancelWorkflowExecution({
      namespace,
      workflowExecution: { workflowId },
      identity,
      requestId: randomUUID(),
      reason,
    });
  } catch (error) {
    if (!isWorkflowGone(error)) throw error;
    throw new WorkflowNotFoundError(serverSays(error), workflowId, undefined);
  }
}
