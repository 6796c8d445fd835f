import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { Logger } from 'pino';
import { RunningAttempts } from '../activities/running-attempts.js';
import { systemClock } from '../clock.js';
import type { HoldfastClient } from '../client/holdfast-client.js';
import type { LoadedConfig } from '../config/index.js';
import { urlHost } from '../core/common/url-host.js';
import { ProcessMetrics } from '../metrics/process-metrics.js';
import { createListModels } from '../providers/list-models.js';
import { openFiles, toLocation } from '../storage/index.js';
import type { StreamTransport } from '../streaming/stream-transport.js';
import type { Traces } from '../traces/traces.js';
import { AbandonedCalls } from './abandoned-calls.js';
import { admitRequests, admitUploads } from './admission.js';
import type { GatewayContext } from './context.js';
import { Disconnects } from './disconnects.js';
import { DEFAULT_MAX_FILE_BYTES, type FilesPlace } from './files/place.js';
import { GatewayError } from './gateway-error.js';
import { lastAnswers } from './last-answers.js';
import { isLoopback } from './loopback.js';
import { GatewayMetrics } from './metrics.js';
import { createServer } from './server.js';
import { SharedAnswers } from './shared-answers.js';
import { followTls, readTls, type TlsFiles } from './tls.js';
import { SharedWaits } from './shared-waits.js';
import { WildcardModels } from './wildcard-models.js';

export interface GatewayOptions {
  readonly client: HoldfastClient;
  /** The way of streamed answers from the workers. */
  readonly streams: Pick<StreamTransport, 'read'>;
  /** The attempts of a worker in this process: those of cancelled calls end at once. @default none */
  readonly running?: RunningAttempts | undefined;
  /** Its connections serve to list the models of wildcards only. */
  readonly config: Pick<LoadedConfig, 'routing' | 'gateway' | 'connections'>;
  /** @default 127.0.0.1 */
  readonly host?: string | undefined;
  /** 0: a free one. @default 4000 */
  readonly port?: number | undefined;
  /** Whether everybody is served where the config has no keys, also from other machines. @default false */
  readonly allowAnybody?: boolean | undefined;
  /** How long requests under way may go on when the gateway stops, in seconds. @default 10 */
  readonly drainSeconds?: number | undefined;
  /**
   * Where the files of `/v1/files` and `/v1/batches` are kept: a folder or a URL (`s3://…`) that the workers can use, too.
   * @default these routes are not served
   */
  readonly files?: string | undefined;
  /** How large such a file may be. @default 512 MB */
  readonly maxFileBytes?: number | undefined;
  /** Files of a certificate and its key: HTTPS is served, and files that change are read again. @default plain HTTP */
  readonly tls?: TlsFiles | undefined;
  /** What this process counts, for `/metrics`. @default what its gateway counts */
  readonly metrics?: ProcessMetrics | undefined;
  /** The traces of this process. @default none */
  readonly traces?: Traces | undefined;
  readonly log: Logger;
}

export interface RunningGateway {
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /** Settles when the gateway has stopped. */
  readonly stopped: Promise<void>;
  /** Takes no more requests and lets those under way end for the drain; called again, skips the rest of the drain. */
  stop(): void;
  /** The ids of the calls that clients of it wait for. */
  callIds(): readonly string[];
}

export const DEFAULT_HOST = '127.0.0.1';
/** LiteLLM's. */
export const DEFAULT_PORT = 4000;
const DEFAULT_DRAIN_SECONDS = 10;

/** A batch is looked at so often at most, however many ask. */
const BATCH_LOOK_MS = 1000;

/** Answers that were waiting for the end of the drain are written within this time. */
const ANSWERS_MS = 1000;
/** Those of requests that still wait then, in the time after it. */
const LAST_ANSWERS_MS = 250;

/**
 * Starts serving OpenAI's API, each request as a durable call.
 * @throws GatewayError when the port is taken, or everybody would be served without a key
 */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { client, streams, config, host = DEFAULT_HOST, port = DEFAULT_PORT, log, allowAnybody = false } = options;
  const needsNoKey = config.gateway.keys.length === 0;
  if (needsNoKey && !allowAnybody && !isLoopback(host)) throw unguarded(host);
  let stopping = false;
  const processMetrics = options.metrics ?? new ProcessMetrics();
  const admission = admitRequests(config.gateway);
  const disconnects = new Disconnects();
  const abandoned = new AbandonedCalls();
  const gateway: GatewayContext = {
    client,
    streams,
    running: options.running ?? new RunningAttempts(),
    config,
    admission,
    uploads: admitUploads(config.gateway),
    disconnects,
    waits: new SharedWaits(),
    abandoned,
    files: placeFor(options),
    batchLooks: new SharedAnswers(BATCH_LOOK_MS),
    wildcardModels: new WildcardModels({ config, listModels: createListModels(), clock: systemClock }),
    clock: systemClock,
    metrics: new GatewayMetrics({
      registry: processMetrics.registry,
      routing: config.routing,
      inFlight: () => admission.inFlight,
    }),
    processMetrics,
    traces: options.traces,
    log,
    isStopping: () => stopping,
  };
  const tls = options.tls && (await readTls(options.tls));
  const app = createServer({ gateway, loopbackOnly: needsNoKey && !allowAnybody, tls: tls?.context });
  const answerRest = lastAnswers(app);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw cannotListen(error, host, port);
  }
  const address = app.server.address() as AddressInfo;
  const unfollow =
    options.tls && tls && app.server instanceof TlsServer ? followTls(options.tls, tls, app.server, gateway) : null;

  const drainMs = (options.drainSeconds ?? DEFAULT_DRAIN_SECONDS) * 1000;
  let endDrain = (): void => undefined;
  let onStopped = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (onStopped = resolve));
  const stop = (): void => {
    if (stopping) return endDrain();
    stopping = true;
    let next: NodeJS.Timeout | undefined;
    endDrain = () => {
      disconnects.ofGateway();
      next ??= setTimeout(() => {
        answerRest();
        next = setTimeout(() => app.server.closeAllConnections(), LAST_ANSWERS_MS);
      }, ANSWERS_MS);
    };
    const drain = setTimeout(endDrain, drainMs);
    unfollow?.();
    void Promise.all([app.close(), abandoned.cancelAll()]).finally(() => {
      clearTimeout(drain);
      clearTimeout(next);
      endDrain = () => undefined;
      onStopped();
    });
  };
  const url = `${options.tls === undefined ? 'http' : 'https'}://${urlHost(address.address)}:${address.port}`;
  return { url, stopped, stop, callIds: () => disconnects.callIds() };
}

function placeFor({ client, files, maxFileBytes = DEFAULT_MAX_FILE_BYTES }: GatewayOptions): FilesPlace | null {
  if (files === undefined) return null;
  try {
    return {
      storage: openFiles(client.keys),
      clock: systemClock,
      root: toLocation(files, process.cwd()),
      maxBytes: maxFileBytes,
    };
  } catch (error) {
    throw new GatewayError(`--files: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function unguarded(host: string): GatewayError {
  return new GatewayError(
    `the config has no keys, and ${host} can be reached from other machines: everybody there could make calls. ` +
      'Set general_settings.master_key or api_keys (`holdfast key` makes one), serve 127.0.0.1 only, ' +
      'or say --allow-anybody',
  );
}

function cannotListen(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return new GatewayError(`port ${port} of ${host} is taken: choose another`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new GatewayError(`${host} is no address of this machine: choose another host`);
  }
  if (code === 'EACCES') return new GatewayError(`port ${port} may not be used by this user: choose another`);
  return error;
}
