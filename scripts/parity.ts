// Runs parity cases against the real thing: client, server, worker, and a scripted upstream over HTTP.
//
//   npm run parity [-- FILE] [--only ID,…]
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import { onStopSignal } from '../src/cli/signals.js';
import { findTemporalCli, startDevServer } from '../src/dev-server/index.js';
import { readCases, type FileCase } from '../test/parity/case-file.js';
import type { ParityEnvironment } from '../test/parity/observe.js';
import { runCases, type CaseResult } from '../test/parity/run-case.js';

const HELP = `npm run parity -- [FILE] [options]

  FILE               cases (default: test/parity/cases.json)
  --only ID,…        these cases only
  --concurrency N    cases at a time (default: 4)

With TEMPORAL_ADDRESS that server is used, else one is started for the run.`;

const OWN_CASES = fileURLToPath(new URL('../test/parity/cases.json', import.meta.url));
const EXIT_INTERRUPTED = 130;

/** What must be ended with the run; the newest comes first. */
const endings: (() => Promise<unknown>)[] = [];

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      only: { type: 'string', multiple: true },
      concurrency: { type: 'string', default: '4' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const concurrency = Number(values.concurrency);
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new Error('--concurrency: expected a number from 1');
  if (positionals.length > 1) throw new Error(`expected one FILE, got ${positionals.join(', ')}`);
  // npm runs scripts in the folder of the project, and says where it was itself.
  const file = positionals[0] === undefined ? OWN_CASES : resolve(process.env['INIT_CWD'] ?? '.', positionals[0]);
  const cases = chosen(readCases(await readFile(file, 'utf8'), file), values.only);
  const environment = await openEnvironment();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  await runCases(cases, environment, concurrency, (result) => {
    counts[result.outcome] += 1;
    show(result);
  });
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 ? 0 : 1;
}

function chosen(cases: FileCase[], only: readonly string[] | undefined): FileCase[] {
  if (only === undefined) return cases;
  const ids = only.flatMap((list) => list.split(',')).map((id) => id.trim());
  const unknown = ids.filter((id) => !cases.some((fileCase) => fileCase.id === id));
  if (unknown.length > 0) throw new Error(`--only: the file has no case ${unknown.join(', ')}`);
  return cases.filter(({ id }) => ids.includes(id));
}

function show({ id, what, outcome, lines, elapsedMs }: CaseResult): void {
  if (outcome === 'skipped') console.log(`skip  ${id}  ${lines.join('; ')}`);
  else console.log(`${outcome === 'passed' ? 'pass' : 'FAIL'}  ${id}  ${(elapsedMs / 1000).toFixed(1)} s  ${what}`);
  if (outcome === 'failed') for (const line of lines) console.log(`        ${line}`);
}

/** The server and the bundle of workflows that all cases share. */
async function openEnvironment(): Promise<ParityEnvironment> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-parity-'));
  endings.unshift(() => rm(folder, { recursive: true, force: true }));
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const workflowBundlePath = join(folder, 'workflows.cjs');
  const workflowsPath = fileURLToPath(new URL('../src/workflows/index.ts', import.meta.url));
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  await writeFile(workflowBundlePath, code);
  return { ...(await openServer(folder)), workflowBundlePath };
}

async function openServer(folder: string): Promise<Omit<ParityEnvironment, 'workflowBundlePath'>> {
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
  endings.unshift(() => server.stop());
  return { address: server.address, namespace: 'default' };
}

/** Namespaces, keys and certificates of other servers are not meant for one of our own. */
async function ignoreTemporalSettings(configFile: string): Promise<void> {
  for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
  // The SDK cannot read an empty file.
  await writeFile(configFile, '[profile.default]\n');
  process.env['TEMPORAL_CONFIG_FILE'] = configFile;
}

async function end(exitCode: number): Promise<never> {
  for (const task of endings.splice(0)) await task().catch(() => undefined);
  process.exit(exitCode);
}

onStopSignal(() => void end(EXIT_INTERRUPTED));
try {
  await end(await main(process.argv.slice(2)));
} catch (error) {
  console.error(`parity: ${error instanceof Error ? error.message : String(error)}`);
  await end(1);
}
