import { loadConfig } from '../config/index.js';
import { temporalSettings } from '../temporal/settings.js';
import { startWorker } from '../worker.js';
import { createLog, installRuntime } from '../worker/logger.js';
import type { ConfigureCommand } from './configure-command.js';
import { examples } from './examples.js';
import { findConfig } from './find-config.js';
import { addRunOptions, type RunOptions } from './run-options.js';
import { runUntilStopped } from './run-until-stopped.js';
import { groupNames, printNotes } from './show-config.js';
import { addWorkerOptions, versionOf, type WorkerCliOptions } from './worker-options.js';

type Options = RunOptions & WorkerCliOptions;

export const configure: ConfigureCommand = (command) => {
  addWorkerOptions(addRunOptions(command))
    .addHelpText(
      'after',
      examples('holdfast worker --config holdfast.yaml', 'holdfast worker --namespace production --drain 60'),
    )
    .action(async () => runWorker(command.optsWithGlobals<Options>()));
};

async function runWorker(options: Options): Promise<void> {
  const version = versionOf(options);
  const file = findConfig(options.config);
  const config = await loadConfig(file, { lenient: options.lenient });
  printNotes(file, config.notes);
  const log = createLog();
  installRuntime(log);
  const { connection, namespace, taskQueue } = temporalSettings(options);
  const worker = await startWorker({ ...options, version, config, drainSeconds: options.drain });
  console.log(
    `holdfast worker: polls task queue "${taskQueue}" of namespace "${namespace}" at ${connection.address}; ` +
      `config ${file}, groups: ${groupNames(config.routing)}`,
  );
  await runUntilStopped(worker, options.drain, log);
}
