import { EventEmitter, once } from 'node:events';
import {
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type GrpcRetryOptions,
} from '@temporalio/client';
import type { TemporalSettings } from './settings.js';

/** A server that does not answer is told soon; the SDK's own 10 s feel like a hang. */
const CONNECT_TIMEOUT = '5s';

/** gRPC's name for the largest message that a connection takes. */
export const MESSAGE_LIMIT = 'grpc.max_receive_message_length';

/**
 * A page of a history may have many events of 2 MB. The SDK means to allow as much, by a name that gRPC does not know (seen with
 * SDK 1.23): messages above 4 MB were refused.
 */
export const LARGE_MESSAGES = { [MESSAGE_LIMIT]: 128 * 1024 * 1024 };

export interface TemporalConnection {
  readonly connection: Connection;
  close(): Promise<void>;
}

/**
 * Connects to Temporal. Closing is safe while requests are under way: the SDK would retry them on the closed channel,
 * which ends the process with an uncaught error (seen with SDK 1.23).
 */
export async function connectToTemporal({ connection: options }: TemporalSettings): Promise<TemporalConnection> {
  const retries = new Retries();
  const connection = Connection.lazy({
    ...options,
    connectTimeout: CONNECT_TIMEOUT,
    // `http_proxy` is for providers. gRPC would take it, too, unlike the connection of workers; `grpc_proxy` is for gRPC.
    channelArgs: { ...LARGE_MESSAGES, 'grpc.enable_http_proxy': (process.env['grpc_proxy'] ?? '') === '' ? 0 : 1 },
    interceptors: [retries.interceptor],
  });
  const close = async () => {
    await retries.end();
    await connection.close();
  };
  try {
    await connection.ensureConnected();
  } catch (error) {
    // It would go on trying to connect.
    await close();
    throw error;
  }
  return { connection, close };
}

type Interceptor = ReturnType<typeof makeGrpcRetryInterceptor>;

/** The SDK's retries, which can be ended. */
class Retries {
  private isEnded = false;
  /** Retries that are scheduled: each asks again, whatever happens meanwhile. */
  private scheduled = 0;
  private readonly events = new EventEmitter();
  private readonly retry = makeGrpcRetryInterceptor(this.retryOptions());

  readonly interceptor: Interceptor = (options, nextCall) => {
    let isRetry = false;
    return this.retry(options, (ofAttempt) => {
      if (isRetry) {
        this.scheduled -= 1;
        this.events.emit('retry');
      }
      isRetry = true;
      return nextCall(ofAttempt);
    });
  };

  /** Ends when the retries that are scheduled have been sent: they need the channel. What they bring back is not retried. */
  async end(): Promise<void> {
    this.isEnded = true;
    while (this.scheduled > 0) await once(this.events, 'retry');
  }

  private retryOptions(): GrpcRetryOptions {
    const { retryableDecider, delayFunction } = defaultGrpcRetryOptions();
    return {
      retryableDecider: (attempt, status) => !this.isEnded && retryableDecider(attempt, status),
      delayFunction: (attempt, status) => {
        this.scheduled += 1;
        return delayFunction(attempt, status);
      },
    };
  }
}
