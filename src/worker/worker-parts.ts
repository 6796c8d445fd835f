import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Registry } from 'prom-client';
import type { DataConverter } from '@temporalio/common';
import { Runtime, type NativeConnection } from '@temporalio/worker';
import { attemptsOf } from '../activities/index.js';
import { RunningAttempts } from '../activities/running-attempts.js';
import { createCallbackRunner } from '../callbacks/callback-runner.js';
import type { Callback } from '../callbacks/load-callbacks.js';
import { systemClock, systemRandom, type Random } from '../clock.js';
import { lookingClient } from '../client/looking-client.js';
import { madeOf, type LoadedConfig } from '../config/index.js';
import { AttemptMetrics } from '../metrics/attempt-metrics.js';
import { createCallProvider } from '../providers/call-provider.js';
import type { ReportToBoard } from '../providers/shared-board.js';
import { openStorage } from '../storage/index.js';
import type { StreamTransport } from '../streaming/stream-transport.js';
import { payloadConverterOf, workerDataConverter } from '../temporal/data-converter.js';
import { createKeepPayload } from '../temporal/keep-payload.js';
import type { PlaceOfWork } from '../temporal/settings.js';
import type { Traces } from '../traces/traces.js';
import { runHealthChecks } from './health-checks.js';
import { neededPayloads } from './needed-payloads.js';
import { runSweeps } from './run-sweeps.js';
import { reportToBoard } from './report-to-board.js';
import { streamsHere } from './streams-here.js';

export interface WorkerPartsOptions {
  readonly config: LoadedConfig;
  /** Those that the config names. */
  readonly callbacks: readonly Callback[];
  readonly connection: NativeConnection;
  readonly settings: PlaceOfWork;
  /** @default within this process where the attempt is made here, else through the workflows of the calls */
  readonly streams?: StreamTransport | undefined;
  /** @default nobody cancels calls in this process */
  readonly running?: RunningAttempts | undefined;
  /** @default nobody asks for what is counted */
  readonly registry?: Registry | undefined;
  /** @default attempts are not traced */
  readonly traces?: Pick<Traces, 'attempt'> | undefined;
  /** @default a workflow of the task queue */
  readonly board?: ReportToBoard | undefined;
  /** @default any */
  readonly jitter?: Random | undefined;
}

/** What the activities of a worker are made of, whoever runs the worker. */
export interface WorkerParts {
  readonly attempts: ReturnType<typeof attemptsOf>;
  /** The chain of payloads: what the attempts have stored, it knows to be there. */
  readonly converter: DataConverter;
  /** To be aborted when the worker begins to stop. */
  readonly stopping: AbortController;
  /** To be aborted when a stopping worker gives up the calls in flight. */
  readonly drained: AbortController;
  /** Ends the callbacks; to be called when the worker has stopped. */
  readonly close: () => Promise<void>;
}

export function openWorkerParts(options: WorkerPartsOptions): WorkerParts {
  const { config, connection, settings } = options;
  const { namespace, externalStorage } = settings;
  const converter = workerDataConverter(settings);
  const chain = { payloadConverter: payloadConverterOf(settings), codecs: converter.payloadCodecs ?? [] };
  const stopping = new AbortController();
  const drained = new AbortController();
  // Each chunk of a batch that runs listens, which is no leak however many there are.
  setMaxListeners(0, stopping.signal, drained.signal);
  const warn = (message: string) => Runtime.instance().logger.warn(message);
  const callProvider = madeOf(() => config.secrets, createCallProvider);
  const callbacks = createCallbackRunner(options.callbacks, { secrets: () => config.secrets, warn });
  const metrics = new AttemptMetrics({
    registry: options.registry ?? new Registry(),
    routing: config.routing,
    standing: (id) => attempts.board.standing(id),
    isBoardReached: () => attempts.board.isReached,
    now: systemClock.now,
  });
  const attempts = attemptsOf({
    config,
    mayBeUnread: settings.keys !== undefined || externalStorage !== undefined,
    maxPayloadBytes: externalStorage?.maxPayloadBytes,
    keepPayload: externalStorage && createKeepPayload({ ...externalStorage, ...chain, namespace, clock: systemClock }),
    // What is kept out of their texts follows the config.
    callProvider: (request) => callProvider()(request),
    callbacks: {
      notify: (event) => {
        metrics.notify(event);
        callbacks.notify(event);
      },
    },
    observer: metrics,
    traces: options.traces,
    streams: options.streams ?? streamsHere(connection, settings),
    running: options.running ?? new RunningAttempts(),
    stopping: stopping.signal,
    drained: drained.signal,
    board: { report: options.board ?? reportToBoard(connection, settings, systemClock), worker: randomUUID(), warn },
    clock: systemClock,
    random: systemRandom,
    jitter: options.jitter ?? systemRandom,
  });
  if (externalStorage !== undefined) {
    const client = lookingClient(connection, settings, { withoutKeys: true });
    const sweeps = {
      storage: openStorage(),
      place: externalStorage.location,
      namespace,
      clock: systemClock,
      random: systemRandom,
      neededOf: neededPayloads(client),
      log: Runtime.instance().logger,
    };
    void runSweeps(sweeps, stopping.signal);
  }
  void runHealthChecks(attempts, stopping.signal).catch((error: unknown) => {
    warn(`the health checks of this worker have ended: ${String(error)}`);
  });
  return { attempts, converter, stopping, drained, close: () => callbacks.close(drained.signal) };
}
