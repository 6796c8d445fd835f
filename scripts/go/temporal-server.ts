import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, executableName } from '../../src/dev-server/cache-directory.js';
import { withFileLock } from '../../src/dev-server/file-lock.js';
import { findOnPath } from '../../src/dev-server/probe.js';
import { runQuietly } from '../run.mjs';

/** That of the Compose file, and of the Temporal CLI. */
const VERSION = 'v1.32.0';

/** Packages of the server's module, by the names of their programs. */
const PACKAGES = { server: 'cmd/server', sql: 'cmd/tools/sql' } as const;

/** Paths of Temporal's server for databases of its own, and of the tool that makes its tables. */
export type TemporalPrograms = Readonly<Record<keyof typeof PACKAGES, string>>;

/**
 * Builds Temporal's server, unless it is there: the CLI's dev server has SQLite only. Modules come from Go's proxy, checked
 * against its database. The first time it takes 10 minutes and more.
 * @throws Error when there is no Go, or with the last lines of what failed
 */
export async function makeTemporalServer(report: (line: string) => void): Promise<TemporalPrograms> {
  const folder = join(cacheDirectory(process.env), 'go', `temporal-server-${VERSION}`);
  const programs = { server: join(folder, executableName('server')), sql: join(folder, executableName('sql')) };
  return withFileLock(
    `${folder}.lock`,
    async () => {
      if (existsSync(folder)) return programs;
      const go = findOnPath('go', process.env);
      if (go === undefined) throw new Error("go is not on PATH; Temporal's server wants Go 1.26.8 or newer");
      const unfinished = `${folder}.part`;
      await rm(unfinished, { recursive: true, force: true });
      await mkdir(unfinished, { recursive: true });
      for (const path of Object.values(PACKAGES)) {
        const module = `go.temporal.io/server/${path}@${VERSION}`;
        // Outside any module or workspace, which would change what Go resolves.
        const env = { GOBIN: unfinished, GOWORK: 'off' };
        await runQuietly(`building ${module}`, [go, 'install', module], report, env);
      }
      await rename(unfinished, folder);
      return programs;
    },
    { onWait: () => report("another process is building Temporal's server; waiting for it") },
  );
}
