import { Context } from '@temporalio/activity';
import type { Clock } from '../clock.js';
import { gateEnd, gateText, type AwaitApprovalInput, type AwaitApprovalOutput } from '../core/call/gate.js';
import { waitsFor } from './to-failure.js';

/**
 * Makes the activity with which a call waits at the gate before a fallback. Temporal does the waiting: an attempt only tells
 * what for, and comes back when the time for it is over. Whoever approves or denies ends the activity.
 */
export function createAwaitApproval(clock: Pick<Clock, 'now'>) {
  return async function awaitApproval(input: AwaitApprovalInput): Promise<AwaitApprovalOutput> {
    const nowMs = clock.now();
    const end = gateEnd(input, nowMs);
    if (end !== null) return end;
    const { progress, deadlineMs } = input;
    // It reaches the server together with the failure.
    Context.current().heartbeat(progress);
    throw waitsFor(gateText(progress.gate), Math.min(progress.gate.untilMs, deadlineMs ?? Infinity) - nowMs);
  };
}
