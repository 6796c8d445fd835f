import type { RunningWorker } from '../worker.js';
import { onStopSignal } from './signals.js';

/** Lets a worker work until a signal: the first one begins the drain, a second one ends it. */
export async function workUntilStopped(worker: RunningWorker, drainSeconds: number): Promise<void> {
  const ignoreSignals = onStopSignal((signalNumber) => {
    worker.stop();
    if (signalNumber === 1) {
      console.error(`holdfast: stopping; calls in flight have ${drainSeconds} s to finish, a second signal skips that`);
    }
  });
  try {
    await worker.stopped;
  } finally {
    ignoreSignals();
  }
}
