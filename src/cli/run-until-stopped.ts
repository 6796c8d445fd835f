import type { Logger } from 'pino';
import { garbage } from '../garbage.js';
import { lastResort } from './last-resort.js';
import type { Running } from './running.js';
import { onStopSignal } from './signals.js';

/**
 * Lets something run until a signal: the first one begins the drain, a second one ends it.
 * @param onHangUp - what SIGHUP does in a process without a terminal. @default it is such a signal
 * @throws the first exception that nothing caught, after the drain
 */
export async function runUntilStopped(
  running: Running,
  drainSeconds: number,
  log: Logger,
  onHangUp?: () => void,
): Promise<void> {
  garbage.begin();
  let isOver = false;
  onStopSignal((signalNumber) => {
    // One more signal while the process ends changes nothing, nor its exit code.
    if (isOver) return;
    running.stop();
    if (signalNumber === 1) {
      console.error(`holdfast: stopping; calls in flight have ${drainSeconds} s to finish, a second signal skips that`);
    }
  }, onHangUp);
  const uncaught = lastResort(running, log);
  process.on('uncaughtException', uncaught.listener);
  try {
    await running.stopped;
    uncaught.rethrow();
  } finally {
    isOver = true;
  }
}
