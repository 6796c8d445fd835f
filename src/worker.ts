import {
  Runtime,
  Worker,
  type WorkerInterceptors,
  type NativeConnection,
  type WorkflowBundlePath,
} from '@temporalio/worker';
import { createActivities, type FirstTaskOptions } from './activities/index.js';
import { RunningAttempts } from './activities/running-attempts.js';
import { loadCallbacks } from './callbacks/load-callbacks.js';
import type { Random } from './clock.js';
import type { HoldfastClient } from './client/holdfast-client.js';
import { mustBeLoaded, type LoadedConfig } from './config/index.js';
import type { DriverDeps } from './driven/first-task-driver.js';
import { keyRing } from './encryption/key-ring.js';
import type { ProcessMetrics } from './metrics/process-metrics.js';
import type { ReportToBoard } from './providers/shared-board.js';
import { openFiles } from './storage/index.js';
import type { StreamTransport } from './streaming/stream-transport.js';
import { mustReach } from './external-storage/must-reach.js';
import { connectNatively } from './temporal/connect-natively.js';
import { ownStorage } from './temporal/own-storage.js';
import { explainTemporalError } from './temporal/errors.js';
import { ensureSearchAttributes } from './temporal/search-attributes.js';
import { placeOf, temporalSettings, type TemporalOptions } from './temporal/settings.js';
import type { Traces } from './traces/traces.js';
import { clientBeside } from './worker/client-beside.js';
import { deploymentOptions, type WorkerVersion } from './worker/versioning.js';
import { explainWorkerError } from './worker/worker-failed.js';
import { openWorkerParts } from './worker/worker-parts.js';
import { withEncodedTexts, workflowBundle } from './worker/workflows-source.js';

export type { LeveledLog } from './worker/sdk-logger.js';
export { runtimeLogger } from './worker/runtime-logger.js';

export interface WorkerOptions extends TemporalOptions {
  readonly config: LoadedConfig;
  /** A connection that the worker shares with others in its process. It is not closed. @default one of its own */
  readonly connection?: NativeConnection | undefined;
  /** Interceptors of Temporal's around the activities: an attempt, a chunk of a batch. @default none */
  readonly interceptors?: Pick<WorkerInterceptors, 'activity'> | undefined;
  /** @internal The way of streamed answers to the gateway. @default through the workflows of the calls */
  readonly streams?: StreamTransport | undefined;
  /** @internal The attempts under way, for whoever cancels calls in this process. @default nobody does */
  readonly running?: RunningAttempts | undefined;
  /** @internal What this process counts. @default nobody asks for it */
  readonly metrics?: Pick<ProcessMetrics, 'registry'> | undefined;
  /** @internal The traces of this process. @default none */
  readonly traces?: Traces | undefined;
  /** How long calls in flight may finish when the worker stops, in seconds. @default 10 */
  readonly drainSeconds?: number | undefined;
  /**
   * Activities at the same time: requests to providers, and what batches do with their files.
   * @default 1000, as many requests as a gateway has under way
   */
  readonly activitySlots?: number | undefined;
  /** The version of the worker, for Temporal's Worker Versioning. @default none: it takes part in all */
  readonly version?: WorkerVersion | undefined;
  /** A prebuilt bundle of the workflows. @default the one of the build, else bundled at start */
  readonly workflowBundle?: WorkflowBundlePath | undefined;
  /** @internal Where in its range a wait before a retry falls, uniform in [0, 1); for tests. @default any */
  readonly jitter?: Random | undefined;
  /** @internal What keeps the board of the providers; for tests. @default a workflow of the task queue */
  readonly board?: ReportToBoard | undefined;
  /** @internal How first attempts are made in first workflow tasks; for tests. @default as their room has it */
  readonly firstTask?: Omit<FirstTaskOptions, 'drainMs'> | undefined;
}

export interface RunningWorker {
  /**
   * A client in this process, whose calls begin here: their first attempts are made at once, beside the start of their
   * workflows. The worker closes it when it stops, after the attempts that are under way.
   * @throws TemporalUnavailableError
   */
  client(): Promise<HoldfastClient>;
  /** @internal */
  // oxlint-disable-next-line typescript/unified-signatures -- only the other one is public
  client(options: Pick<DriverDeps, 'holdMs'>): Promise<HoldfastClient>;
  /** Settles when the worker has stopped; rejects when it failed. */
  readonly stopped: Promise<void>;
  /** Takes no more work and lets calls in flight finish for the drain; called again, skips the rest of the drain. */
  stop(): void;
  /** The ids of the calls whose attempts are under way here. */
  callIds(): readonly string[];
}

const DEFAULT_DRAIN_SECONDS = 10;

const DEFAULT_ACTIVITY_SLOTS = 1000;

/**
 * Of so many calls the workflows stay in memory, between their tasks; others are read from their histories for the next one. By
 * the SDK's own measure calls that wait for hours would take more than a gigabyte.
 */
const MAX_CACHED_WORKFLOWS = 1000;

/**
 * How long one task of a workflow may compute. At the end of the SDK's own 5 s Node aborts while other tasks are under way,
 * again after each restart; a slow machine takes that long. No task of ours comes near a minute. The SDK's types keep the
 * option to themselves.
 */
const WORKFLOW_TASK_LIMIT = { isolateExecutionTimeout: '60s' } as const;

/** After the drain, attempts are aborted; the SDK waits so long for them to end. */
const FORCE_MARGIN_MS = 15_000;

/**
 * Starts a worker: it resolves plans, asks providers and runs the workflows of calls.
 * @throws TypeError when the config is none, or a data converter is given: `payloadCodecs` are what changes data on its way
 * @throws ConfigError when a module with callbacks that the config names cannot be used
 * @throws TemporalUnavailableError when the server, the namespace or the credentials are not right
 * @throws StorageError when the external storage cannot be reached
 * @throws EncryptionError when the ring of keys gives none
 * @throws SearchAttributesError when the namespace lacks the search attributes and refuses to get them
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { encryption, externalStorage: configured } = mustBeLoaded(options, 'startWorker');
  const given = temporalSettings({ keys: keyRing(encryption), externalStorage: configured, ...options });
  const { namespace, taskQueue, keys } = given;
  const drainMs = (options.drainSeconds ?? DEFAULT_DRAIN_SECONDS) * 1000;
  const callbacks = await loadCallbacks(options.config);
  const running = options.running ?? new RunningAttempts();
  const connection = options.connection ?? (await connectNatively(given));
  const opened: (() => Promise<void>)[] = options.connection === undefined ? [() => connection.close()] : [];
  const close = async () => {
    for (const end of opened) await end();
  };
  try {
    await keys?.current();
    await ensureSearchAttributes(connection, namespace);
    const externalStorage = await ownStorage(connection, given, (message) => Runtime.instance().logger.warn(message));
    if (externalStorage !== undefined) await mustReach(externalStorage.location, namespace);
    const settings = { ...given, externalStorage };
    const parts = openWorkerParts({
      ...options,
      callbacks,
      connection,
      settings,
      running,
      registry: options.metrics?.registry,
    });
    const { attempts, converter, stopping, drained } = parts;
    opened.unshift(parts.close);
    const bundle = options.workflowBundle ?? (await workflowBundle(options.traces === undefined ? 'plain' : 'traced'));
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      activities: createActivities(attempts, openFiles(keys), { ...options.firstTask, drainMs }),
      dataConverter: converter,
      workflowBundle: keys === undefined ? bundle : await withEncodedTexts(bundle),
      ...options.traces?.workerOptions,
      interceptors: interceptorsOf(options),
      maxConcurrentActivityTaskExecutions: options.activitySlots ?? DEFAULT_ACTIVITY_SLOTS,
      maxConcurrentWorkflowTaskExecutions: 100,
      maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
      ...WORKFLOW_TASK_LIMIT,
      ...(options.version && { workerDeploymentOptions: deploymentOptions(options.version) }),
      workflowTaskPollerBehavior: { type: 'autoscaling' },
      activityTaskPollerBehavior: { type: 'autoscaling' },
      // After a worker was killed, its workflows wait no longer than this for it.
      stickyQueueScheduleToStartTimeout: '3s',
      // Cancellation reaches an activity in the answer to a heartbeat: none is held back for longer.
      maxHeartbeatThrottleInterval: '2s',
      shutdownGraceTime: drainMs,
      shutdownForceTime: drainMs + FORCE_MARGIN_MS,
    });
    const giveUp = () => {
      stopping.abort();
      drained.abort();
    };
    const stopped = runToEnd(worker, giveUp, close);
    const stop = () => {
      if (stopping.signal.aborted) drained.abort();
      else worker.shutdown();
      stopping.abort();
    };
    const callIds = () => running.callIds();
    const client = async ({ holdMs }: Pick<DriverDeps, 'holdMs'> = {}) => {
      const { version, traces } = options;
      const deps = { settings, attempts, stopping: stopping.signal, drainMs, version, holdMs, traces };
      const beside = await clientBeside(connection, deps);
      opened.unshift(() => beside.close());
      return beside;
    };
    return { client, stopped, stop, callIds };
  } catch (error) {
    await close();
    throw explainTemporalError(error, placeOf(given));
  }
}

/** Those of the process's traces are around the user's own. */
function interceptorsOf({ traces, interceptors }: WorkerOptions): WorkerInterceptors {
  const outer = traces?.workerOptions.interceptors;
  return { ...outer, activity: [...(outer?.activity ?? []), ...(interceptors?.activity ?? [])] };
}

async function runToEnd(worker: Worker, giveUp: () => void, close: () => Promise<void>): Promise<void> {
  try {
    await worker.run();
  } catch (error) {
    giveUp();
    throw explainWorkerError(error);
  } finally {
    await close();
  }
}
