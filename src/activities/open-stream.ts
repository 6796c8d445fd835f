import type { Info } from '@temporalio/activity';
import type { CallModelGroupInput } from '../core/call/call-types.js';
import type { GroupProgress } from '../core/retries/progress.js';
import type { StreamTransport, StreamWriter } from '../streaming/stream-transport.js';

/** The stream of the attempt that begins, for whoever reads the answer along; null: nobody does. */
export function openStream(
  streams: Pick<StreamTransport, 'writer'>,
  { stream, cameFrom }: Pick<CallModelGroupInput, 'stream' | 'cameFrom'>,
  { workflowExecution }: Pick<Info, 'workflowExecution'>,
  { group, inFlight, retries, lastBudgetSize }: GroupProgress,
): StreamWriter | null {
  if (stream === undefined || workflowExecution === undefined || inFlight === null) return null;
  const { workflowId, runId } = workflowExecution;
  return streams.writer(
    { callId: workflowId, runId: stream.runId ?? runId },
    {
      group,
      attempt: inFlight.attempt,
      deployment: inFlight.deployment,
      groupRetries: retries,
      groupMaxRetries: retries > 0 ? lastBudgetSize : null,
      fallbacks: cameFrom?.fallback ?? 0,
      // An attempt that is made beside the start of its call has none yet.
      ...(runId !== '' && { run: runId }),
    },
  );
}
