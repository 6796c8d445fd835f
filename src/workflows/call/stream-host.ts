import { allHandlersFinished, CancellationScope, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import type { ActivateInput } from '@temporalio/workflow';
import { WorkflowStream, workflowStreamPollUpdate } from '@temporalio/workflow-streams/workflow';
import { WITHDRAW_PARTS } from '../../core/call/stream-part.js';

/** Forgets the parts that nobody has read. False: somebody has read one. */
const withdrawParts = defineUpdate<boolean>(WITHDRAW_PARTS);

/** Whether somebody has asked for parts: a module is loaded for each workflow. Who asks gets all there are, or the next. */
let isPolled = false;

/** Sees the polls among what a workflow is told. The SDK shows them to nobody else. */
export function watchPolls({ jobs }: ActivateInput['activation']): void {
  isPolled ||= jobs?.some(({ doUpdate }) => doUpdate?.name === workflowStreamPollUpdate.name) ?? false;
}

/**
 * Runs a call whose stream may be read through its workflow: from before its first step until every poll that waits has
 * got what there is. A host that nobody writes to or polls leaves no trace in the history.
 */
export async function hostingStream<T>(run: () => Promise<T>): Promise<T> {
  const stream = new WorkflowStream();
  setHandler(withdrawParts, () => {
    if (!isPolled) stream.truncate(lengthOf(stream));
    return !isPolled;
  });
  try {
    return await run();
  } finally {
    stream.detachPollers();
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

/** How many parts it ever had. */
function lengthOf(stream: WorkflowStream): number {
  const { base_offset, log } = stream.getState();
  return base_offset + log.length;
}
