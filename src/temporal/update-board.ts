import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { PROVIDER_BOARD, providerBoardId, type ProviderBoardInput } from '../core/deployments/board-messages.js';

/** Whoever waits for a limit waits for the board: its tasks go before those of calls, also where many of these wait for a worker. */
const PRIORITY = { priorityKey: 1 };

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
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: 'what the workers of this task queue share of the providers: limits, cooldowns, holds',
    }),
  });
}
