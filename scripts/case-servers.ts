import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import { onStopSignal } from '../src/cli/signals.js';
import { findTemporalCli, startDevServer } from '../src/dev-server/index.js';
import { workflowParts } from '../src/worker/workflows-source.js';

/** The server and the bundle of workflows that all cases of a run share. */
export interface CaseServers {
  readonly address: string;
  /** @default what Temporal's own environment says, else `default` */
  readonly namespace?: string | undefined;
  readonly workflowBundlePath: string;
}

const EXIT_INTERRUPTED = 130;

/** Something that must be ended with the run, however that ends. */
export type AtTheEnd = (task: () => Promise<unknown>) => void;

/**
 * Runs a program of cases to its end, and ends the process with what it returns.
 * @param name - what its errors begin with
 */
export async function runToExit(name: string, main: (atTheEnd: AtTheEnd) => Promise<number>): Promise<never> {
  // The newest comes first.
  const endings: (() => Promise<unknown>)[] = [];
  const end = async (exitCode: number): Promise<never> => {
    for (const task of endings.splice(0)) await task().catch(() => undefined);
    process.exit(exitCode);
  };
  onStopSignal(() => void end(EXIT_INTERRUPTED));
  try {
    return await end(await main((task) => void endings.unshift(task)));
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return end(1);
  }
}

/** Bundles the workflows, and finds or starts a server. */
export async function openServers(atTheEnd: AtTheEnd): Promise<CaseServers> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-cases-'));
  atTheEnd(() => rm(folder, { recursive: true, force: true }));
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const workflowBundlePath = join(folder, 'workflows.cjs');
  const { code } = await bundleWorkflowCode({ ...workflowParts(), logger: new DefaultLogger('WARN') });
  await writeFile(workflowBundlePath, code);
  return { ...(await openServer(folder, atTheEnd)), workflowBundlePath };
}

async function openServer(folder: string, atTheEnd: AtTheEnd): Promise<Omit<CaseServers, 'workflowBundlePath'>> {
  // The user's default Temporal profile may be a production one, so only the variable counts here.
  const given = process.env['TEMPORAL_ADDRESS'];
  if (given) return { address: given };
  const cli = await findTemporalCli({ report: (line) => console.log(line), useExistingServer: false });
  if (cli.kind !== 'cli') throw new Error('no Temporal CLI');
  await ignoreTemporalSettings(join(folder, 'temporal.toml'));
  const server = await startDevServer({
    cli: cli.path,
    headless: true,
    onUnexpectedExit: (error) => console.error(error.message),
  });
  atTheEnd(() => server.stop());
  return { address: server.address, namespace: 'default' };
}

/** Namespaces, keys and certificates of other servers are not meant for one of our own. */
export async function ignoreTemporalSettings(configFile: string): Promise<void> {
  for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
  // The SDK cannot read an empty file.
  await writeFile(configFile, '[profile.default]\n');
  process.env['TEMPORAL_CONFIG_FILE'] = configFile;
}
