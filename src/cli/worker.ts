import { loadConfig } from '../config/index.js';
import { temporalSettings } from '../temporal/settings.js';
import { startWorker } from '../worker.js';
import { installRuntime } from '../worker/logger.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples } from './examples.js';
import { CONFIG_HELP, findConfig } from './find-config.js';
import { LENIENT_HELP } from './lenient.js';
import { seconds } from './option-values.js';
import { groupNames, printNotes } from './show-config.js';
import { workUntilStopped } from './work-until-stopped.js';

interface WorkerCliOptions extends GlobalOptions {
  config?: string;
  lenient?: true;
  drain: number;
}

export const DEFAULT_DRAIN_SECONDS = 10;

export const configure: ConfigureCommand = (command) => {
  command
    .option('--config <file>', CONFIG_HELP)
    .option('--lenient', LENIENT_HELP)
    .option(
      '--drain <seconds>',
      'how long calls in flight may finish after SIGTERM; a second signal skips it',
      seconds({ zero: true }),
      DEFAULT_DRAIN_SECONDS,
    )
    .addHelpText(
      'after',
      examples('holdfast worker --config holdfast.yaml', 'holdfast worker --namespace production --drain 60'),
    )
    .action(async () => runWorker(command.optsWithGlobals<WorkerCliOptions>()));
};

async function runWorker(options: WorkerCliOptions): Promise<void> {
  const file = findConfig(options.config);
  const config = await loadConfig(file, { lenient: options.lenient });
  printNotes(file, config.notes);
  installRuntime();
  const { connection, namespace, taskQueue } = temporalSettings(options);
  const worker = await startWorker({ ...options, config, drainSeconds: options.drain });
  console.log(
    `holdfast worker: polls task queue "${taskQueue}" of namespace "${namespace}" at ${connection.address}; ` +
      `config ${file}, groups: ${groupNames(config.routing)}`,
  );
  await workUntilStopped(worker, options.drain);
}
