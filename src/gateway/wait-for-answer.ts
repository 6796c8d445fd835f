import { setTimeout as sleep } from 'node:timers/promises';
import type { CallHandle } from '../client/call-handle.js';
import type { CallResult } from '../core/call/call-types.js';
import { TemporalUnavailableError } from '../temporal/errors.js';
import { Refusal } from './refusal.js';

/** How long a Temporal server may be away. The call knows nothing of it: a server that restarts is back sooner. */
const PATIENCE_MS = 60_000;

/** The connection tries again by itself for some seconds before it fails. */
const PAUSE_MS = 500;

/**
 * Waits for the answer of a call, also while the Temporal server restarts.
 * @throws CallError when the call failed; Refusal when Temporal stays away; the signal's reason when it fires
 */
export async function waitForAnswer(
  handle: CallHandle,
  signal: AbortSignal,
  patienceMs: number = PATIENCE_MS,
): Promise<CallResult> {
  let awaySinceMs: number | null = null;
  for (;;) {
    const askedMs = performance.now();
    try {
      return await handle.result({ signal });
    } catch (error) {
      if (!(error instanceof TemporalUnavailableError) || signal.aborted) throw error;
      const nowMs = performance.now();
      // One that was asked for long was there until just now.
      if (awaySinceMs === null || nowMs - askedMs > patienceMs) awaySinceMs = nowMs;
      if (nowMs - awaySinceMs > patienceMs) throw outcomeUnknown(handle.callId);
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

function outcomeUnknown(callId: string): Refusal {
  return new Refusal({
    kind: 'ServiceUnavailableError',
    message:
      `the Temporal server behind this gateway cannot be reached. Call ${callId} was started and goes on when it is back: ` +
      `see GET /holdfast/calls/${callId}`,
    callId,
  });
}
