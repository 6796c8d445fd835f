import { dirname, join } from 'node:path';
import { uiBase } from '../client/ui-address.js';
import { DEFAULT_PORT as DEFAULT_GATEWAY_PORT } from '../gateway/start-gateway.js';
import { findTemporalCli } from '../dev-server/index.js';
import { temporalSettings } from '../temporal/settings.js';
import { createLog, installRuntimeWithMetrics } from '../worker/logger.js';
import { openConfig, type ConfigInForce } from './config-in-force.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { storageOf } from './default-storage.js';
import { mustBeFree, withDevServer, type DevPorts } from './dev-server.js';
import { examples, note } from './examples.js';
import { keepFilesPrivate } from './private-files.js';
import { CONFIG_HELP, findConfig } from './find-config.js';
import { FILES_HELP } from './gateway-options.js';
import { LENIENT_HELP } from './lenient.js';
import { port } from './option-values.js';
import { groupNames, printNotes } from './show-config.js';
import { pairs } from './table.js';
import { DEFAULT_DRAIN_SECONDS } from './run-options.js';
import { runUntilStopped } from './run-until-stopped.js';
import { snippets } from './snippets.js';
import { withTraces } from './with-traces.js';
import { startService, type ServiceOptions } from './start-service.js';

interface DevCliOptions extends GlobalOptions, DevPorts {
  config?: string;
  lenient?: true;
  db: string;
  gatewayPort: number;
  files?: string;
}

const DEFAULT_PORT = 7233;
const DEFAULT_UI_PORT = 8233;

const DEFAULT_DB = '.holdfast/temporal.db';

export const configure: ConfigureCommand = (command) => {
  command
    .option('--config <file>', CONFIG_HELP)
    .option('--lenient', LENIENT_HELP)
    .option('--db <file>', 'SQLite file of the server; a restart continues its calls', DEFAULT_DB)
    .option('--port <port>', 'of the server, 0: a free one', port, DEFAULT_PORT)
    .option('--ui-port <port>', 'of its web UI, 0: a free one', port, DEFAULT_UI_PORT)
    .option('--gateway-port <port>', "of the gateway, OpenAI's API, 0: a free one", port, DEFAULT_GATEWAY_PORT)
    .option('--files <place>', `${FILES_HELP} (default: "files" beside the SQLite file)`)
    .addHelpText(
      'after',
      note('With --address, --profile, TEMPORAL_ADDRESS or a profile, the server they name is used.'),
    )
    .addHelpText(
      'after',
      examples('holdfast dev', 'holdfast dev --config my.yaml --port 7300 --ui-port 8300 --gateway-port 8000'),
    )
    .action(async () => dev(command.optsWithGlobals<DevCliOptions>()));
};

async function dev(options: DevCliOptions): Promise<void> {
  const file = findConfig(options.config);
  const inForce = await openConfig(file, { lenient: options.lenient, requireGatewayKeys: true });
  const { config } = inForce;
  printNotes(file, config.notes);
  const folder = dirname(options.db);
  const [ownFiles, payloads] = [join(folder, 'files'), join(folder, 'payloads')];
  // One that the user names may have more in it, for others.
  await keepFilesPrivate(options.db, [ownFiles, payloads, ...(options.db === DEFAULT_DB ? [folder] : [])]);
  await mustBeFree(options.gatewayPort, '--gateway-port');
  const log = createLog();
  const metrics = await installRuntimeWithMetrics(log);
  const { gatewayPort, files = ownFiles } = options;
  const drainSeconds = DEFAULT_DRAIN_SECONDS;
  const externalStorage = await storageOf({ config, folder: payloads, log });
  const run: DevRun = {
    file,
    inForce,
    options,
    service: { ...options, port: gatewayPort, files, externalStorage, config, drainSeconds, log, metrics },
  };
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
      { ...run, service: { ...run.service, address } },
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
  readonly inForce: ConfigInForce;
  readonly options: DevCliOptions;
  readonly service: ServiceOptions;
}

/** The program to start a server with; null when there is a server to use. */
async function findCli({ address, profile }: DevCliOptions): Promise<string | null> {
  if (address !== undefined || profile !== undefined) return null;
  const found = await findTemporalCli({ report: (line) => console.error(`holdfast: ${line}`) });
  return found.kind === 'cli' ? found.path : null;
}

interface DevAddresses {
  readonly address: string;
  readonly ui: string;
  /** What other commands must be told to find the server. */
  readonly flags: readonly string[];
  readonly variables: readonly string[];
}

async function work({ file, inForce, options, service }: DevRun, whereabouts: DevAddresses): Promise<void> {
  const { namespace, taskQueue } = temporalSettings(options);
  await withTraces(service.log, async (traces) => {
    const running = await startService({ ...service, traces });
    const { routing, gateway } = service.config;
    console.log(
      pairs([
        ['Temporal', whereabouts.address],
        ['UI', whereabouts.ui],
        ['gateway', `${running.url}/v1`],
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
    const example = [...whereabouts.variables, 'npx holdfast call "Say hello" --model', group, ...flags].join(' ');
    const { url } = running;
    console.log(`\nReady. In another terminal:\n\n${example}\n`);
    console.log(
      `Or with whatever speaks OpenAI's API:\n\n${snippets({ url, group, needsKey: gateway.keys.length > 0 })}\n`,
    );
    console.log('Ctrl-C ends it; calls that are not done go on at the next start.');
    const { log, metrics } = service;
    const following = inForce.follow({ log, registry: metrics?.registry });
    const readAgain = () => following.readAgain();
    await runUntilStopped(running, DEFAULT_DRAIN_SECONDS, log, readAgain).finally(() => following.stop());
  });
}
