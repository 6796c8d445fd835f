import type { CallModelGroupOutput } from '../core/call/call-types.js';
import type { GroupProgress } from '../core/retries/progress.js';
import type { AttemptContext, GroupAttemptDeps } from './attempt-context.js';
import { startHeartbeats } from './heartbeat.js';
import { linkSignals } from './linked-signal.js';

/** Stores an answer that is large for Temporal before the activity returns it, for as long as that takes. */
export async function keepOutput(
  { keepPayload, clock, drained }: Pick<GroupAttemptDeps, 'keepPayload' | 'clock' | 'drained'>,
  output: CallModelGroupOutput,
  context: AttemptContext,
  soFar: () => GroupProgress,
): Promise<void> {
  if (keepPayload === undefined) return;
  const stopHeartbeats = startHeartbeats(clock, context, soFar);
  const { signal, unlink } = linkSignals(context.cancellationSignal, drained);
  try {
    await keepPayload(output, context.info.workflowExecution?.workflowId ?? '', signal);
  } finally {
    unlink();
    stopHeartbeats();
  }
}
