import type { NativeConnection } from '@temporalio/worker';
import { HoldfastClient } from '../client/holdfast-client.js';
import { ProcessDriver, type DriverDeps } from '../driven/first-task-driver.js';
import type { WorkerVersion } from './versioning.js';

/**
 * A client in the process of a worker: its calls begin there. `close` waits for the first attempts that are under way, and
 * leaves the connection open.
 * @param version - of the worker. With one it is the server's business whose call it is, and first attempts are the
 * workers': a first task that is driven has a build id of its own
 */
export async function clientBeside(
  connection: NativeConnection,
  { version, ...deps }: DriverDeps & { readonly version: WorkerVersion | undefined },
): Promise<HoldfastClient> {
  const eager = version === undefined;
  const isDriven = eager && deps.attempts.config.gateway.firstAttempt !== 'activity';
  const driver = isDriven ? await ProcessDriver.open(deps) : undefined;
  const { namespace, taskQueue, keys, payloadCodecs, externalStorage } = deps.settings;
  const { address } = deps.settings.connection;
  return HoldfastClient.over(connection, {
    address,
    namespace,
    taskQueue,
    keys,
    payloadCodecs,
    externalStorage,
    eager,
    driver,
    streams: deps.attempts.streams,
    interceptors: deps.traces?.clientInterceptors,
  });
}
