import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { TerminatedFailure } from '@temporalio/common';

/**
 * Waits for the result of a workflow. `temporal workflow reset` ends a run as terminated and begins another from the
 * middle of it: that one is followed.
 * @throws WorkflowFailedError
 */
export async function awaitResult<T>(workflow: WorkflowHandle): Promise<T> {
  for (;;) {
    try {
      return (await workflow.result()) as T;
    } catch (error) {
      const wasTerminated = error instanceof WorkflowFailedError && error.cause instanceof TerminatedFailure;
      if (!wasTerminated || (await workflow.describe()).status.name === 'TERMINATED') throw error;
    }
  }
}
