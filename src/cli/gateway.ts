import { HoldfastClient } from '../client/holdfast-client.js';
import { keyRing } from '../encryption/key-ring.js';
import { mustReach } from '../external-storage/must-reach.js';
import { startGateway } from '../gateway/start-gateway.js';
import { openStreams } from '../streaming/open-streams.js';
import { connectNatively } from '../temporal/connect-natively.js';
import { ownStorage } from '../temporal/own-storage.js';
import { temporalSettings } from '../temporal/settings.js';
import { createLog, installRuntimeWithMetrics } from '../worker/logger.js';
import { openConfig } from './config-in-force.js';
import type { ConfigureCommand } from './configure-command.js';
import { examples } from './examples.js';
import { findConfig } from './find-config.js';
import { addGatewayOptions, tlsOf, whoIsServed, type GatewayCliOptions } from './gateway-options.js';
import { addRunOptions, type RunOptions } from './run-options.js';
import { runUntilStopped } from './run-until-stopped.js';
import { groupNames } from './show-config.js';
import { withTraces } from './with-traces.js';

interface GatewayOptions extends RunOptions, GatewayCliOptions {}

export const configure: ConfigureCommand = (command) => {
  addGatewayOptions(addRunOptions(command))
    .addHelpText('after', examples('holdfast gateway', 'holdfast gateway --config holdfast.yaml --host 0.0.0.0'))
    .action(async () => runGateway(command.optsWithGlobals<GatewayOptions>()));
};

async function runGateway(options: GatewayOptions): Promise<void> {
  const tls = tlsOf(options);
  const file = findConfig(options.config);
  // The keys of providers are the workers' business, and so is what is worth knowing about the config.
  const { lenient } = options;
  const inForce = await openConfig(file, { lenient, requireKeys: false, requireGatewayKeys: true });
  const { config } = inForce;
  const log = createLog();
  const metrics = await installRuntimeWithMetrics(log);
  const keys = keyRing(config.encryption);
  const settings = temporalSettings({ ...options, keys, externalStorage: config.externalStorage });
  const connection = await connectNatively(settings);
  const following = inForce.follow({ log, registry: metrics.registry });
  try {
    const externalStorage = await ownStorage(connection, settings, (message) => log.warn(message));
    if (externalStorage !== undefined) await mustReach(externalStorage.location, settings.namespace);
    await withTraces(log, async (traces) => {
      const interceptors = traces?.clientInterceptors;
      const client = HoldfastClient.over(connection, {
        ...options,
        keys,
        externalStorage,
        eager: false,
        interceptors,
      });
      const streams = openStreams({ ...settings, externalStorage, connection });
      const gateway = await startGateway({
        ...options,
        client,
        streams,
        config,
        tls,
        log,
        metrics,
        traces,
        drainSeconds: options.drain,
      });
      console.log(
        `holdfast gateway: serves ${gateway.url}/v1 to ${whoIsServed(config, options)}; uses task queue ` +
          `"${settings.taskQueue}" of namespace "${settings.namespace}" at ${settings.connection.address}; ` +
          `config ${file}, groups: ${groupNames(config.routing)}`,
      );
      await runUntilStopped(gateway, options.drain, log, () => following.readAgain());
    });
  } finally {
    following.stop();
    await connection.close();
  }
}
