import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { SEARCH_ATTRIBUTE_LIST } from '../src/core/common/search-attributes.js';
import { findTemporalCli, startDevServer, TemporalNotFoundError } from '../src/dev-server/index.js';
import { BUNDLES, workflowParts } from '../src/worker/workflows-source.js';
import { registerSearchAttributes } from './helpers/temporal.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The server of this run, shared by all files: every file takes a task queue and workflow ids of its own. */
    temporalAddress: string;
    /** Path of the Temporal CLI for tests that start servers of their own; null where only a running server was given. */
    temporalCli: string | null;
    /** The workflows, bundled once for the run. */
    workflowBundlePath: string;
  }
}

const report = (line: string): void => console.log(line);
const fromRoot = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The user's default Temporal profile may be a production one, so only `TEMPORAL_ADDRESS` counts here. */
async function findCli(install: boolean): Promise<string | null> {
  try {
    const found = await findTemporalCli({ report, install, useExistingServer: false });
    return found.kind === 'cli' ? found.path : null;
  } catch (error) {
    if (!install && error instanceof TemporalNotFoundError) return null;
    throw error;
  }
}

/**
 * Tests that kill processes for real start them from dist. That there is none of this source, for a type error, is only told
 * here, since most tests do without: `npm run typecheck` is what fails for it.
 * @returns whether dist is of this source
 */
async function compile(): Promise<boolean> {
  try {
    await promisify(execFile)(process.execPath, [fromRoot('scripts/build.mjs'), '--if-stale']);
    return true;
  } catch (error) {
    console.warn((error as Error).message);
    return false;
  }
}

/** The workflows as one text: those of the build, which takes seconds to make, else of the source. */
async function bundle(isCompiled: boolean): Promise<string> {
  if (isCompiled) return readFile(fromRoot(`dist/${BUNDLES.plain.file}`), 'utf8');
  const { code } = await bundleWorkflowCode({ ...workflowParts(), logger: new DefaultLogger('WARN') });
  return code;
}

// `file`: what the SDK calls a bundle that is given to it as text.
const NO_LINES = Buffer.from(
  JSON.stringify({ version: 3, file: 'workflows.cjs', sources: [], names: [], mappings: '' }),
).toString('base64');

/**
 * A bundle whose source map has no lines. For each worker the SDK keeps those of its own in a memory of WebAssembly, for good;
 * once that has grown to 64 MB, V8 collects all garbage with each worker more. A process of the tests has hundreds of them.
 */
const withoutLines = (code: string): string => code.replace(/(?<=;base64,)[\w+/=]+\s*$/, NO_LINES);

async function openServer(cli: string | null): Promise<{ address: string; stop: () => Promise<void> }> {
  const given = process.env['TEMPORAL_ADDRESS'];
  if (given) return { address: given, stop: () => Promise.resolve() };
  if (cli === null) throw new Error('no Temporal CLI');
  // With more memory Go collects garbage less often: an eighth of the server's CPU.
  process.env['GOGC'] ??= '400';
  process.env['GOMEMLIMIT'] ??= '1GiB';
  return startDevServer({
    cli,
    headless: true,
    // Those that are there from the start it does not read again for each call.
    searchAttributes: SEARCH_ATTRIBUTE_LIST,
    onUnexpectedExit: (error) => console.error(error.message),
  });
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cli = await findCli(!process.env['TEMPORAL_ADDRESS']);
  const [isCompiled, server] = await Promise.all([compile(), openServer(cli)]);
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  const workflowBundlePath = join(directory, 'workflows.cjs');
  const teardown = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await registerSearchAttributes(server.address);
    await writeFile(workflowBundlePath, withoutLines(await bundle(isCompiled)));
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('temporalAddress', server.address);
  project.provide('temporalCli', cli);
  project.provide('workflowBundlePath', workflowBundlePath);
  return teardown;
}
