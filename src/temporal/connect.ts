import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { TemporalSettings } from './settings.js';

/** A server that does not answer is told soon; the SDK's own 10 s feel like a hang. */
const CONNECT_TIMEOUT = '5s';

export interface TemporalConnection {
  readonly connection: Connection;
  close(): Promise<void>;
}

/**
 * Connects to Temporal. Closing is safe while requests are under way: the SDK would retry them on the closed channel,
 * which ends the process with an uncaught error (seen with SDK 1.23).
 */
export async function connectToTemporal({ connection: options }: TemporalSettings): Promise<TemporalConnection> {
  const retry = defaultGrpcRetryOptions();
  let isClosed = false;
  let lastRetryMs = 0;
  const interceptor = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => !isClosed && retry.retryableDecider(attempt, status),
    delayFunction: (attempt, status) => {
      const delayMs = retry.delayFunction(attempt, status);
      lastRetryMs = Math.max(lastRetryMs, performance.now() + delayMs);
      return delayMs;
    },
  });
  const connection = await Connection.connect({
    ...options,
    connectTimeout: CONNECT_TIMEOUT,
    interceptors: [interceptor],
  });
  return {
    connection,
    close: async () => {
      isClosed = true;
      // A retry that is scheduled already still needs the channel; what it brings back is not retried again.
      await passed(lastRetryMs);
      await connection.close();
    },
  };
}

/** Timers are rounded to milliseconds, and count from when their turn of the event loop began. */
const TIMER_SLACK_MS = 5;

/** Waits until timers that are due at this time have run, also those of a process that is late with them. */
async function passed(timeMs: number): Promise<void> {
  for (let leftMs; (leftMs = timeMs + TIMER_SLACK_MS - performance.now()) > 0;) await sleep(leftMs);
  await nextTurn();
}
