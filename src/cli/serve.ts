import { MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { temporalSettings } from '../temporal/settings.js';
import { createLog, installRuntimeWithMetrics } from '../worker/logger.js';
import { storageOf } from './default-storage.js';
import { openConfig } from './config-in-force.js';
import type { ConfigureCommand } from './configure-command.js';
import { examples } from './examples.js';
import { findConfig } from './find-config.js';
import { addGatewayOptions, tlsOf, whoIsServed, type GatewayCliOptions } from './gateway-options.js';
import { addRunOptions, type RunOptions } from './run-options.js';
import { runUntilStopped } from './run-until-stopped.js';
import { groupNames, printNotes } from './show-config.js';
import { addWorkerOptions, versionOf, type WorkerCliOptions } from './worker-options.js';
import { startService } from './start-service.js';
import { withTraces } from './with-traces.js';

/** Where payloads go that Temporal does not take, unless the config says where. */
const FOLDER = '.holdfast/payloads';

interface ServeOptions extends RunOptions, WorkerCliOptions, GatewayCliOptions {}

export const configure: ConfigureCommand = (command) => {
  addGatewayOptions(addWorkerOptions(addRunOptions(command)))
    .addHelpText('after', examples('holdfast serve', 'holdfast serve --config holdfast.yaml --host 0.0.0.0 --port 80'))
    .action(async () => serve(command.optsWithGlobals<ServeOptions>()));
};

async function serve(options: ServeOptions): Promise<void> {
  const version = versionOf(options);
  const tls = tlsOf(options);
  const file = findConfig(options.config);
  const inForce = await openConfig(file, { lenient: options.lenient, requireGatewayKeys: true });
  const { config } = inForce;
  printNotes(file, config.notes);
  const log = createLog();
  const metrics = await installRuntimeWithMetrics(log);
  const { connection, namespace, taskQueue } = temporalSettings(options);
  // Another machine does not see the folder: what Temporal takes goes through it.
  const externalStorage = await storageOf({ config, folder: FOLDER, leastBytes: MAX_PAYLOAD_BYTES, log });
  await withTraces(log, async (traces) => {
    const drainSeconds = options.drain;
    const its = { version, tls, config, externalStorage, log, metrics, traces, drainSeconds };
    const service = await startService({ ...options, ...its });
    console.log(
      `holdfast serve: serves ${service.url}/v1 to ${whoIsServed(config, options)}; polls task queue "${taskQueue}" of ` +
        `namespace "${namespace}" at ${connection.address}; config ${file}, groups: ${groupNames(config.routing)}`,
    );
    const following = inForce.follow({ log, registry: metrics.registry });
    await runUntilStopped(service, drainSeconds, log, () => following.readAgain()).finally(() => following.stop());
  });
}
