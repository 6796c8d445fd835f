import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { PROVIDER_BOARD, providerBoardId, type ProviderBoardInput } from '../core/deployments/board-messages.js';

/** Whoever waits for a limit waits for the board: its tasks go before those of calls, also where many of these wait for a worker. */
const PRIORITY = { priorityKey: 1 };

/**
 * A worker that is frozen while it has a task of the board keeps the board from all others for so long, for each task that it was
 * polling for. A report waits no longer for its answer.
 */
const TASK_WITHIN = '4s';

/** Sends an update to the board of a task queue, which the first one starts. */
export function updateBoard<Result, Input>(
  client: Client,
  taskQueue: string,
  update: string,
  input: Input,
): Promise<Result> {
  return client.workflow.executeUpdateWithStart<(input: ProviderBoardInput) => Promise<void>, Result, [Input]>(update, {
    args: [input],
    startWorkflowOperation: new WithStartWorkflowOperation(PROVIDER_BOARD, {
      workflowId: providerBoardId(taskQueue),
      taskQueue,
      args: [{}],
      priority: PRIORITY,
      workflowTaskTimeout: TASK_WITHIN,
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: 'what the workers of this task queue share of the providers: limits, cooldowns, holds',
    }),
  });
}
