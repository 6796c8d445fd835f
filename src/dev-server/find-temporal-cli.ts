import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildCli, formatElapsed } from './build-cli.js';
import { CLI_VERSION, cachedCliPath } from './cache-directory.js';
import { findExistingServer, type ExistingServer } from './existing-server.js';
import { withFileLock } from './file-lock.js';
import { findOnPath, probeCli } from './probe.js';

const STAGING_PREFIX = 'staging-';

export interface TemporalCli {
  kind: 'cli';
  /** Path of the Temporal CLI, which has been run once. */
  path: string;
  from: 'HOLDFAST_TEMPORAL_CLI' | 'PATH' | 'cache' | 'download' | 'build';
}

export interface FindTemporalCliOptions {
  /** Receives progress, a line at a time. */
  report: (line: string) => void;
  /** @default process.env */
  env?: NodeJS.ProcessEnv;
  /**
   * Whether a server named by `TEMPORAL_ADDRESS` or the user's Temporal profile is the answer.
   * @default true
   */
  useExistingServer?: boolean;
  /** Puts a CLI into an empty directory and returns its path; undefined where that does not work. Not tried if absent. */
  download?: (directory: string, version: string) => Promise<string | undefined>;
  /**
   * Whether the CLI may be built with Go, which takes minutes.
   * @default true
   */
  build?: boolean;
}

/** No Temporal server was found and none could be made; the message lists the ways to get one. */
export class TemporalNotFoundError extends Error {
  override readonly name = 'TemporalNotFoundError';

  constructor(tried: readonly string[]) {
    super(
      [
        'Holdfast needs a Temporal server and found none.',
        ...tried.map((line) => `  - ${line}`),
        'Any one of these is enough:',
        '  - install the Temporal CLI so that `temporal` is on PATH (https://docs.temporal.io/cli)',
        '  - set HOLDFAST_TEMPORAL_CLI to the path of a `temporal` executable',
        '  - install Go; the CLI is then built from its module',
        '  - set TEMPORAL_ADDRESS, or TEMPORAL_PROFILE, to use a server that runs already',
      ].join('\n'),
    );
  }
}

async function removeLeftovers(parent: string): Promise<void> {
  const names = await readdir(parent);
  const leftovers = names.filter((name) => name.startsWith(STAGING_PREFIX));
  await Promise.all(leftovers.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}

async function stage(target: string, produce: (directory: string) => Promise<string | undefined>): Promise<boolean> {
  const parent = dirname(dirname(target));
  const directory = await mkdtemp(join(parent, STAGING_PREFIX));
  try {
    const produced = await produce(directory);
    if (produced === undefined) return false;
    const probe = await probeCli(produced);
    if (!probe.usable) throw new Error(`${produced}: ${probe.reason}`);
    await mkdir(dirname(target), { recursive: true });
    await rename(produced, target);
    return true;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Finds a Temporal server to use or a Temporal CLI to start one with, in this order: `TEMPORAL_ADDRESS` or the user's
 * profile, `HOLDFAST_TEMPORAL_CLI`, `temporal` on PATH, Holdfast's cache, the given download, a build with Go.
 * @throws TemporalNotFoundError when all of that fails
 */
export async function findTemporalCli(options: FindTemporalCliOptions): Promise<ExistingServer | TemporalCli> {
  const { report, env = process.env, download } = options;
  const existing = options.useExistingServer === false ? undefined : findExistingServer(env);
  if (existing) return existing;

  const named = env['HOLDFAST_TEMPORAL_CLI'];
  if (named) {
    const probe = await probeCli(named);
    if (!probe.usable) throw new Error(`HOLDFAST_TEMPORAL_CLI=${named} cannot be used: ${probe.reason}`);
    return { kind: 'cli', path: named, from: 'HOLDFAST_TEMPORAL_CLI' };
  }

  const tried: string[] = [];
  const onPath = findOnPath('temporal', env);
  if (onPath) {
    const probe = await probeCli(onPath);
    if (probe.usable) return { kind: 'cli', path: onPath, from: 'PATH' };
    tried.push(`${onPath} cannot be used: ${probe.reason}`);
    report(`${onPath} is passed over: ${probe.reason}`);
  } else {
    tried.push('`temporal` is not on PATH');
  }

  const cached = cachedCliPath(env);
  if ((await probeCli(cached)).usable) return { kind: 'cli', path: cached, from: 'cache' };

  const go = options.build === false ? undefined : findOnPath('go', env);
  if (!download && !go) throw new TemporalNotFoundError([...tried, 'Go is not on PATH']);
  const cacheParent = dirname(dirname(cached));
  await mkdir(cacheParent, { recursive: true });
  return withFileLock(
    join(cacheParent, `cli-${CLI_VERSION}.lock`),
    async (): Promise<TemporalCli> => {
      if ((await probeCli(cached)).usable) return { kind: 'cli', path: cached, from: 'cache' };
      await removeLeftovers(cacheParent);
      if (download && (await stage(cached, (directory) => download(directory, CLI_VERSION)).catch(() => false))) {
        return { kind: 'cli', path: cached, from: 'download' };
      }
      if (download) tried.push(`the Temporal CLI ${CLI_VERSION} could not be downloaded`);
      if (!go) throw new TemporalNotFoundError([...tried, 'Go is not on PATH']);
      try {
        await stage(cached, (directory) => buildCli({ go, directory, env, report }));
      } catch (error) {
        throw new TemporalNotFoundError([...tried, (error as Error).message]);
      }
      return { kind: 'cli', path: cached, from: 'build' };
    },
    {
      onWait: (waitedMs) =>
        report(`another process is fetching the Temporal CLI; waiting for it, ${formatElapsed(waitedMs)}`),
    },
  );
}
