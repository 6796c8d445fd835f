import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import { WorkflowStream } from '@temporalio/workflow-streams/workflow';

/**
 * Runs a call whose stream may be read through its workflow: from before its first step until every poll that waits has
 * got what there is. A host that nobody writes to or polls leaves no trace in the history.
 */
export async function hostingStream<T>(run: () => Promise<T>): Promise<T> {
  const stream = new WorkflowStream();
  try {
    return await run();
  } finally {
    stream.detachPollers();
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}
