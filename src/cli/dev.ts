import { loadConfig } from '../config/index.js';
import { uiBase } from '../client/ui-address.js';
import { findTemporalCli } from '../dev-server/index.js';
import { temporalSettings } from '../temporal/settings.js';
import { startWorker, type WorkerOptions } from '../worker.js';
import { createLog, installRuntime } from '../worker/logger.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { withDevServer, type DevPorts } from './dev-server.js';
import { examples } from './examples.js';
import { CONFIG_HELP, findConfig } from './find-config.js';
import { LENIENT_HELP } from './lenient.js';
import { port } from './option-values.js';
import { groupNames, printNotes } from './show-config.js';
import { pairs } from './table.js';
import { DEFAULT_DRAIN_SECONDS } from './run-options.js';
import { runUntilStopped } from './run-until-stopped.js';

interface DevCliOptions extends GlobalOptions, DevPorts {
  config?: string;
  lenient?: true;
  db: string;
}

const DEFAULT_PORT = 7233;
const DEFAULT_UI_PORT = 8233;

export const configure: ConfigureCommand = (command) => {
  command
    .option('--config <file>', CONFIG_HELP)
    .option('--lenient', LENIENT_HELP)
    .option('--db <file>', 'SQLite file of the server; a restart continues its calls', '.holdfast/temporal.db')
    .option('--port <port>', 'of the server, 0: a free one', port, DEFAULT_PORT)
    .option('--ui-port <port>', 'of its web UI, 0: a free one', port, DEFAULT_UI_PORT)
    .addHelpText('after', '\nWith --address, --profile, TEMPORAL_ADDRESS or a profile, the server they name is used.')
    .addHelpText('after', examples('holdfast dev', 'holdfast dev --config my.yaml --port 7300 --ui-port 8300'))
    .action(async () => dev(command.optsWithGlobals<DevCliOptions>()));
};

async function dev(options: DevCliOptions): Promise<void> {
  const file = findConfig(options.config);
  const config = await loadConfig(file, { lenient: options.lenient });
  printNotes(file, config.notes);
  installRuntime(createLog());
  const run: DevRun = { file, options, worker: { ...options, config, drainSeconds: DEFAULT_DRAIN_SECONDS } };
  const { connection, namespace } = temporalSettings(options);
  const cli = await findCli(options);
  if (cli === null) {
    const { address } = connection;
    const flags = [
      ...(options.address === undefined ? [] : [`--address ${options.address}`]),
      ...(options.profile === undefined ? [] : [`--profile ${options.profile}`]),
    ];
    await work(run, { address: `${address} (it ran already)`, ui: uiBase(), flags, variables: [] });
    return;
  }
  await withDevServer({ ...options, cli, namespace }, (server) => {
    const { address, port: actualPort, uiUrl: ui = '' } = server;
    return work(
      { ...run, worker: { ...run.worker, address } },
      {
        address: `${address}, its state in ${options.db}`,
        ui,
        flags: actualPort === DEFAULT_PORT ? [] : [`--address ${address}`],
        variables: ui.endsWith(`:${DEFAULT_UI_PORT}`) ? [] : [`HOLDFAST_UI=${ui}`],
      },
    );
  });
}

interface DevRun {
  readonly file: string;
  readonly options: DevCliOptions;
  readonly worker: WorkerOptions;
}

/** The program to start a server with; null when there is a server to use. */
async function findCli({ address, profile }: DevCliOptions): Promise<string | null> {
  if (address !== undefined || profile !== undefined) return null;
  const found = await findTemporalCli({ report: (line) => console.error(`holdfast: ${line}`) });
  return found.kind === 'cli' ? found.path : null;
}

interface Whereabouts {
  readonly address: string;
  readonly ui: string;
  /** What other commands must be told to find the server. */
  readonly flags: readonly string[];
  readonly variables: readonly string[];
}

async function work({ file, options, worker }: DevRun, whereabouts: Whereabouts): Promise<void> {
  const { namespace, taskQueue } = temporalSettings(options);
  const running = await startWorker(worker);
  const { routing } = worker.config;
  console.log(
    pairs([
      ['Temporal', whereabouts.address],
      ['UI', whereabouts.ui],
      ['namespace', namespace],
      ['task queue', taskQueue],
      ['config', file],
      ['groups', groupNames(routing)],
    ]),
  );
  const [group = 'GROUP'] = Object.keys(routing.groups);
  const flags = [
    ...whereabouts.flags,
    ...(options.namespace === undefined ? [] : [`--namespace ${namespace}`]),
    ...(options.taskQueue === undefined ? [] : [`--task-queue ${taskQueue}`]),
  ];
  const example = [...whereabouts.variables, 'holdfast call "Say hello" --model', group, ...flags].join(' ');
  console.log(`\nReady. In another terminal:\n  ${example}`);
  console.log('Ctrl-C ends it; calls that are not done go on at the next start.');
  await runUntilStopped(running, worker.drainSeconds ?? DEFAULT_DRAIN_SECONDS);
}
