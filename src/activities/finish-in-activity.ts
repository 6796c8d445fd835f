import type { Clock } from '../clock.js';
import type { CallModelGroupOutput } from '../core/call/call-types.js';
import type { AttemptContext } from './attempt-context.js';
import type { AttemptInFlight } from './attempt-in-flight.js';
import { startHeartbeats } from './heartbeat.js';

/** So soon a call that was cancelled before its activity hears of it: the server tells in the answer to a heartbeat. */
const FIRST_BEAT_MS = 500;

/** Goes on with an attempt in flight as the activity of its group, to the attempt's end. */
export async function finishInActivity(
  clock: Clock,
  attempt: AttemptInFlight,
  context: AttemptContext,
): Promise<CallModelGroupOutput> {
  const { cancellationSignal } = context;
  const stop = (): void => attempt.stop(context.cancellationDetails ?? {}, cancellationSignal.reason);
  const beat = (): void => context.heartbeat(attempt.progress);
  const over = new AbortController();
  clock.sleep(FIRST_BEAT_MS, { signal: over.signal }).then(beat, () => undefined);
  const stopHeartbeats = startHeartbeats(clock, context, () => attempt.progress);
  cancellationSignal.addEventListener('abort', stop, { once: true });
  try {
    const end = await attempt.end;
    if (end.type === 'answered') return end.output;
    // The ledger is in the heartbeat, which the failure's successor reads.
    beat();
    throw end.error;
  } finally {
    cancellationSignal.removeEventListener('abort', stop);
    over.abort();
    stopHeartbeats();
  }
}
