import type { WorkflowHandle } from '@temporalio/client';
import { TASK_BEGINS_AGAIN } from '../core/common/task-begins-again.js';

const TRIES = 5;

/** The answer of a workflow to a query; asked again where the task failed that it came with. Needs a worker. */
export async function askWorkflow<T>(workflow: WorkflowHandle, query: string): Promise<T> {
  for (let tryNumber = 1; ; tryNumber += 1) {
    try {
      return await workflow.query<T>(query);
    } catch (error) {
      const mayAskAgain = error instanceof Error && error.message.includes(TASK_BEGINS_AGAIN);
      if (!mayAskAgain || tryNumber === TRIES) throw error;
    }
  }
}
