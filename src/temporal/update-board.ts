import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { PROVIDER_BOARD, providerBoardId, type ProviderBoardInput } from '../core/deployments/board-messages.js';

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
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: 'what the workers of this task queue share of the providers: limits, cooldowns, holds',
    }),
  });
}
