import { NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { TemporalUnavailableError } from '../temporal/errors.js';

const TWO_VERSIONS =
  'HoldfastPlugin has another copy of @temporalio/worker than this worker: install one version that fits both; `npm ls @temporalio/worker` shows them';

const NO_SERVER =
  'no Temporal server answers at localhost:7233, where a worker without a connection looks: give Worker.create the `connection` to yours';

interface WorkerConnection {
  readonly connection: NativeConnection;
  /** When the worker is done; one of its owner's stays open. */
  readonly close: () => Promise<void>;
}

/**
 * The connection of a worker: its owner's, or where there is none one of its own, as the SDK would make it.
 * @throws TypeError for one of another copy of the SDK
 * @throws TemporalUnavailableError
 */
export async function workerConnection({ connection }: Pick<WorkerOptions, 'connection'>): Promise<WorkerConnection> {
  if (connection === undefined) {
    const own = await connect();
    return { connection: own, close: () => own.close() };
  }
  if (!(connection instanceof NativeConnection)) throw new TypeError(TWO_VERSIONS);
  return { connection, close: async () => undefined };
}

async function connect(): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect();
  } catch (cause) {
    throw new TemporalUnavailableError(NO_SERVER, { transient: true, cause });
  }
}
