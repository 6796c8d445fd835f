import { Connection, type ClientOptions, type ClientPlugin } from '@temporalio/client';
import type { DataConverter, PayloadCodec } from '@temporalio/common';
import { SimplePlugin } from '@temporalio/plugin';
import {
  Runtime,
  type BundleOptions,
  type BundlerPlugin,
  type ReplayWorkerOptions,
  type WorkerOptions,
  type WorkerPlugin,
} from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import { loadCallbacks } from '../callbacks/load-callbacks.js';
import { systemClock } from '../clock.js';
import { mustBeLoaded, type LoadedConfig } from '../config/index.js';
import { keyRing, type KeyRing } from '../encryption/key-ring.js';
import { openFiles } from '../storage/index.js';
import { externalPlace } from '../external-storage/external-place.js';
import { mustReach } from '../external-storage/must-reach.js';
import { dataConverter, failureConverterPath } from '../temporal/data-converter.js';
import { LateCodecs } from '../temporal/late-codecs.js';
import { ownStorage } from '../temporal/own-storage.js';
import { ensureSearchAttributes } from '../temporal/search-attributes.js';
import { tracesOfProcess } from '../traces/traces-of-process.js';
import { openWorkerParts } from '../worker/worker-parts.js';
import { sourcePath, withEncodedTexts, workflowBundle } from '../worker/workflows-source.js';
import { withHoldfastWorkflows } from './beside-own.js';
import { onlyOnce } from './only-once.js';
import { mustHaveHoldfast } from './own-bundle.js';
import { workerConnection } from './worker-connection.js';
import { workflowLog } from './workflow-log.js';

export interface HoldfastPluginOptions {
  readonly config: LoadedConfig;
}

const NAME = 'holdfast';

/** Cancellation reaches an attempt in the answer to a heartbeat: none is held back for longer. */
const HEARTBEAT_THROTTLE = '2s';

/** How long calls in flight may finish when the worker stops: their answers are paid. */
const GRACE_TIME = '10s';

const NAMESPACE = 'default';

/**
 * A workflow that makes many calls has the request of each in its history, and that of a conversation grows: references stand there
 * sooner than in the history of one call. With 200 turns these are 3 MB at most.
 */
const LEAST_BYTES = 32 * 1024;

/** The SDK tells nobody but activities, at the end of the grace time, that a worker stops: so often its state is looked at. */
const LOOK_EVERY_MS = 250;

/**
 * Holdfast in a worker of your own, as one of the `plugins` of `Worker.create`: its workflows and activities beside yours, and
 * what they need to run. In a `Client` and in `bundleWorkflowCode` it has the same data converter and the same workflows.
 * @throws ConfigError (from `Worker.create`) when a module with callbacks that the config names cannot be used
 * @throws TypeError when it is given twice; from `Worker.create`, when a bundle that was made before lacks the workflows of Holdfast
 */
export class HoldfastPlugin implements WorkerPlugin, ClientPlugin, BundlerPlugin {
  readonly name = NAME;
  readonly #config: LoadedConfig;
  readonly #keys: KeyRing | undefined;

  /** @throws TypeError when the config is none */
  constructor(options: HoldfastPluginOptions) {
    this.#config = mustBeLoaded(options, 'HoldfastPlugin');
    this.#keys = keyRing(this.#config.encryption);
  }

  configureClient(options: Omit<ClientOptions, 'plugins'>): Omit<ClientOptions, 'plugins'> {
    onlyOnce(options, NAME);
    const { namespace = NAMESPACE, connection = Connection.lazy() } = options;
    const chain = this.#chain(namespace);
    const codecs = async () =>
      dataConverter({ ...chain, externalStorage: await ownStorage(connection, chain) }).payloadCodecs;
    return this.#plugin([new LateCodecs(codecs)]).configureClient({ ...options, connection });
  }

  configureBundler(options: BundleOptions): BundleOptions {
    onlyOnce(options, NAME);
    const bundle = this.#plugin([]).configureBundler(options);
    const ours = failureConverterPath({ keys: this.#keys });
    return withHoldfastWorkflows({ ...bundle, failureConverterPath: bundle.failureConverterPath ?? ours });
  }

  async configureWorker(options: WorkerOptions): Promise<WorkerOptions> {
    const { namespace = NAMESPACE, taskQueue } = options;
    onlyOnce(options, NAME);
    if (options.workflowBundle !== undefined) await mustHaveHoldfast(options.workflowBundle);
    const payloadCodecs = options.dataConverter?.payloadCodecs;
    const callbacks = await loadCallbacks(this.#config);
    const traces = await tracesOfProcess();
    const { connection, close } = await workerConnection(options);
    try {
      await ensureSearchAttributes(connection, namespace);
      const chain = this.#chain(namespace);
      const warn = (message: string) => Runtime.instance().logger.warn(message);
      const externalStorage = await ownStorage(connection, chain, warn);
      if (externalStorage !== undefined) await mustReach(externalStorage.location, namespace);
      // The payload converter is the worker's own.
      const settings = { ...chain, externalStorage, taskQueue, payloadCodecs, hasOutlines: false };
      const parts = openWorkerParts({ config: this.#config, callbacks, connection, settings, traces });
      const activities = createActivities(parts.attempts, openFiles(this.#keys));
      const { payloadCodecs: codecs } = dataConverter({ ...chain, externalStorage });
      const configured = this.#plugin(codecs, { activities }).configureWorker(options);
      const runWorker: WorkerPlugin['runWorker'] = async (worker, next) => {
        const endLooking = systemClock.every(LOOK_EVERY_MS, () => {
          if (!['INITIALIZED', 'RUNNING'].includes(worker.getState())) parts.stopping.abort();
        });
        try {
          await next(worker);
        } finally {
          endLooking();
          parts.stopping.abort();
          parts.drained.abort();
          await parts.close();
          await close();
        }
      };
      return {
        maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
        shutdownGraceTime: GRACE_TIME,
        ...configured,
        ...(hasWorkflows(options) ? {} : { workflowBundle: await this.#bundleOfHoldfast() }),
        connection,
        sinks: { ...workflowLog(Runtime.instance().logger), ...options.sinks },
        // One for this worker alone: the plugin itself may be that of several.
        plugins: [...(options.plugins ?? []), { name: `${NAME} ${taskQueue}`, runWorker }],
      };
    } catch (error) {
      await close();
      throw error;
    }
  }

  /** What is replayed is read, and nothing is stored. */
  configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    const { payloadCodecs } = dataConverter({ ...this.#chain(NAMESPACE), externalStorage: undefined });
    return this.#plugin(payloadCodecs).configureReplayWorker(options);
  }

  /** @param codecs - external storage and encryption: they come last, whatever else payloads pass */
  #plugin(codecs: readonly PayloadCodec[], { activities }: { readonly activities?: object } = {}): SimplePlugin {
    const workflowModules = [sourcePath('workflows/holdfast-only')];
    const withCodecs = (own: DataConverter = {}): DataConverter => ({
      failureConverterPath: failureConverterPath({ keys: this.#keys }),
      ...own,
      payloadCodecs: [...(own.payloadCodecs ?? []), ...codecs],
    });
    return new SimplePlugin({
      name: NAME,
      dataConverter: withCodecs,
      workerInterceptors: { workflowModules },
      ...(activities && { activities }),
    });
  }

  #chain(namespace: string) {
    const { externalStorage } = this.#config;
    return {
      namespace,
      keys: this.#keys,
      externalStorage: externalStorage && externalPlace({ leastBytes: LEAST_BYTES, ...externalStorage }),
    };
  }

  async #bundleOfHoldfast(): Promise<NonNullable<WorkerOptions['workflowBundle']>> {
    const bundle = await workflowBundle('plain');
    return this.#keys === undefined ? bundle : withEncodedTexts(bundle);
  }
}

function hasWorkflows({ workflowsPath, workflowBundle: bundle }: WorkerOptions): boolean {
  return workflowsPath !== undefined || bundle !== undefined;
}
