import { CancelledFailure } from '@temporalio/common';
import type { GroupProgress } from '../core/retries/progress.js';
import type { AttemptContext } from './attempt-context.js';
import { linkSignals, type LinkedSignal } from './linked-signal.js';
import { handedOver } from './to-failure.js';

/** How an attempt was stopped from outside: nothing of it is the provider's fault, and nothing is charged. */
export interface Interruption {
  /** For the ledger; null: Temporal knows of no attempt any more. */
  readonly why: string | null;
  /** Whether the next attempt is to know of it; else the failure carries it. */
  readonly isKept: boolean;
  /** What the activity fails with. */
  readonly failure: (progress: GroupProgress) => unknown;
}

export function interruptionOf(
  { cancellationSignal, cancellationDetails }: Pick<AttemptContext, 'cancellationSignal' | 'cancellationDetails'>,
  drained: AbortSignal,
): Interruption {
  const asTold = () => cancellationSignal.reason as unknown;
  if (drained.aborted || cancellationDetails?.workerShutdown === true) {
    return { why: 'the worker was shut down', isKept: true, failure: handedOver };
  }
  if (cancellationDetails?.paused === true) return { why: 'paused by an operator', isKept: true, failure: asTold };
  if (cancellationDetails?.reset === true) return { why: 'reset by an operator', isKept: true, failure: asTold };
  if (cancellationDetails?.cancelRequested === true) {
    const failure = (progress: GroupProgress) => new CancelledFailure('the call was cancelled', [progress]);
    return { why: 'cancelled', isKept: false, failure };
  }
  return { why: null, isKept: false, failure: asTold };
}

/**
 * Fires when an attempt in flight is to be stopped: as its activity is, or its worker. Not for a pause: under that the attempt
 * is finished, and none follows.
 */
export function stopOfAttempt(
  context: Pick<AttemptContext, 'cancellationSignal' | 'cancellationDetails'>,
  drained: AbortSignal,
): LinkedSignal {
  const { cancellationSignal } = context;
  const cancelled = new AbortController();
  const fire = (): void => {
    if (context.cancellationDetails?.paused !== true) cancelled.abort(cancellationSignal.reason);
  };
  if (cancellationSignal.aborted) fire();
  else cancellationSignal.addEventListener('abort', fire, { once: true });
  const linked = linkSignals(cancelled.signal, drained);
  return {
    signal: linked.signal,
    unlink: () => {
      cancellationSignal.removeEventListener('abort', fire);
      linked.unlink();
    },
  };
}
