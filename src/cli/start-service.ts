import { RunningAttempts } from '../activities/running-attempts.js';
import type { DriverDeps } from '../driven/first-task-driver.js';
import { keyRing } from '../encryption/key-ring.js';
import { startGateway, type GatewayOptions, type RunningGateway } from '../gateway/start-gateway.js';
import { ProcessMetrics } from '../metrics/process-metrics.js';
import { connectNatively } from '../temporal/connect-natively.js';
import { ownStorage } from '../temporal/own-storage.js';
import { temporalSettings } from '../temporal/settings.js';
import { startWorker, type WorkerOptions } from '../worker.js';
import { streamsHere } from '../worker/streams-here.js';
import { oneAfterTheOther, type Running } from './running.js';

export type ServiceOptions = Omit<WorkerOptions, 'metrics' | 'running' | 'streams'> &
  Omit<GatewayOptions, 'client' | 'running' | 'streams'> &
  Pick<DriverDeps, 'holdMs'>;

export interface Service extends Running, Pick<RunningGateway, 'url'> {}

/**
 * Starts a worker and a gateway in this process. They share a connection, so that a call begins on the worker in the
 * moment the server has heard of it.
 */
export async function startService(given: ServiceOptions): Promise<Service> {
  const { encryption, externalStorage: configured } = given.config;
  const asked = { keys: keyRing(encryption), externalStorage: configured, ...given };
  const settings = temporalSettings(asked);
  const { holdMs } = given;
  const opened: (() => Promise<unknown>)[] = [];
  try {
    const connection = await connectNatively(settings);
    opened.unshift(() => connection.close());
    const externalStorage = await ownStorage(connection, settings, (message) => given.log.warn(message));
    const options = { ...asked, externalStorage };
    const streams = streamsHere(connection, { ...settings, externalStorage });
    const running = new RunningAttempts();
    const metrics = options.metrics ?? new ProcessMetrics();
    const worker = await startWorker({ ...options, connection, streams, running, metrics });
    opened.unshift(() => end(worker));
    const client = await worker.client({ holdMs });
    const gateway = await startGateway({ ...options, client, streams, running, metrics });
    const both = oneAfterTheOther(gateway, worker);
    const runToEnd = async () => {
      try {
        await both.stopped;
      } finally {
        await connection.close();
      }
    };
    return { ...both, url: gateway.url, stopped: runToEnd() };
  } catch (error) {
    // What it was says more than what it left.
    for (const close of opened) await close().catch(() => undefined);
    throw error;
  }
}

/** Nothing is under way. */
function end(worker: Running): Promise<void> {
  worker.stop();
  return worker.stopped;
}
