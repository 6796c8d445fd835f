import type { Logger } from 'pino';
import { LOOPBACK } from '../dev-server/ports.js';
import { serveMetrics } from '../metrics/metrics-server.js';
import { temporalSettings } from '../temporal/settings.js';
import { startWorker, type WorkerOptions } from '../worker.js';
import { createLog, installRuntime, installRuntimeWithMetrics } from '../worker/logger.js';
import { openConfig, type ConfigInForce } from './config-in-force.js';
import type { ConfigureCommand } from './configure-command.js';
import { examples } from './examples.js';
import { findConfig } from './find-config.js';
import { addRunOptions, type RunOptions } from './run-options.js';
import { port } from './option-values.js';
import { runUntilStopped } from './run-until-stopped.js';
import { keepHeapSmall } from './keep-heap-small.js';
import { groupNames, printNotes } from './show-config.js';
import { withTraces } from './with-traces.js';
import { addWorkerOptions, versionOf, type WorkerCliOptions } from './worker-options.js';

interface Options extends RunOptions, WorkerCliOptions {
  metricsPort?: number;
  metricsHost: string;
}

export const configure: ConfigureCommand = (command) => {
  addWorkerOptions(addRunOptions(command))
    .option('--metrics-port <port>', 'serve metrics for Prometheus there, 0: a free port (default: not served)', port)
    .option('--metrics-host <address>', 'to serve metrics on', LOOPBACK)
    .addHelpText(
      'after',
      examples('holdfast worker --config holdfast.yaml', 'holdfast worker --namespace production --drain 60'),
    )
    .action(async () => runWorker(command.optsWithGlobals<Options>()));
};

async function runWorker(options: Options): Promise<void> {
  const version = versionOf(options);
  const file = findConfig(options.config);
  const inForce = await openConfig(file, { lenient: options.lenient });
  printNotes(file, inForce.config.notes);
  const log = createLog();
  await withTraces(log, (traces) => runWith({ options, version, file, inForce, log, traces }));
}

interface Run extends Pick<WorkerOptions, 'version' | 'traces'> {
  readonly options: Options;
  /** The config's. */
  readonly file: string;
  readonly inForce: ConfigInForce;
  readonly log: Logger;
}

async function runWith({ options, version, file, inForce, log, traces }: Run): Promise<void> {
  const { connection, namespace, taskQueue } = temporalSettings(options);
  const { config } = inForce;
  const served = await openMetrics(options, log);
  const following = inForce.follow({ log, registry: served?.metrics.registry });
  try {
    const worker = await startWorker({
      ...options,
      version,
      config,
      traces,
      drainSeconds: options.drain,
      metrics: served?.metrics,
    });
    keepHeapSmall();
    console.log(
      `holdfast worker: polls task queue "${taskQueue}" of namespace "${namespace}" at ${connection.address}; ` +
        `config ${file}, groups: ${groupNames(config.routing)}${served === null ? '' : `; metrics: ${served.url}/metrics`}`,
    );
    await runUntilStopped(worker, options.drain, log, () => following.readAgain());
  } finally {
    following.stop();
    await served?.close();
  }
}

/** Where the process counts, and serves what it has counted; null: nobody asked for that. */
async function openMetrics({ metricsPort, metricsHost: host }: Options, log: Logger) {
  if (metricsPort === undefined) {
    installRuntime(log);
    return null;
  }
  const metrics = await installRuntimeWithMetrics(log);
  return { metrics, ...(await serveMetrics({ metrics, host, port: metricsPort })) };
}
