import { execFile } from 'node:child_process';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, LOOPBACK } from '../src/dev-server/ports.js';
import { findOnPath } from '../src/dev-server/probe.js';
import { startService, type Service } from './service.js';

const run = promisify(execFile);

/** Debian keeps PostgreSQL's programs out of PATH, a folder per version. */
const DEBIAN = '/usr/lib/postgresql';

/** Who may do everything, and needs no password: the server listens on the loopback interface only. */
export const POSTGRESQL_USER = 'temporal';

/**
 * Starts PostgreSQL with its defaults, on files of its own, which are gone when it is stopped.
 * @throws Error when the machine has none
 */
export async function startPostgresql(): Promise<Service & { readonly port: number }> {
  const programs = await findPrograms();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-postgresql-'));
  const removeFiles = () => rm(folder, { recursive: true, force: true });
  const asOwner = await ownerOf(folder);
  const data = join(folder, 'data');
  const port = await freePort();
  const server = ['-D', data, '-h', LOOPBACK, '-p', String(port), '-k', folder];
  try {
    const [initdb, ...args] = asOwner([join(programs, 'initdb'), '-D', data, '-U', POSTGRESQL_USER, '-A', 'trust']);
    await run(initdb, args, { cwd: '/' });
    const service = await startService('PostgreSQL', asOwner([join(programs, 'postgres'), ...server]), () =>
      run(join(programs, 'pg_isready'), ['-h', LOOPBACK, '-p', String(port)]).then(
        () => true,
        () => false,
      ),
    );
    const stop = async () => {
      await service.stop();
      await removeFiles();
    };
    return { port, pid: service.pid, stop };
  } catch (error) {
    await removeFiles();
    throw error;
  }
}

/** The folder of PostgreSQL's programs. */
async function findPrograms(): Promise<string> {
  const versions = await readdir(DEBIAN).catch(() => []);
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(DEBIAN, version, 'bin'));
  const folders = [process.env['PATH'] ?? '', ...newestFirst];
  const initdb = folders.map((PATH) => findOnPath('initdb', { PATH })).find((path) => path !== undefined);
  if (initdb === undefined) throw new Error('there is no PostgreSQL on this machine: install the package postgresql');
  return dirname(await realpath(initdb));
}

type Command = readonly [string, ...string[]];

/** PostgreSQL refuses to be root's: then it is that of the user whom its package made. */
async function ownerOf(folder: string): Promise<(command: Command) => Command> {
  if (process.getuid?.() !== 0) return (command) => command;
  await run('chown', ['postgres:', folder]);
  return (command) => ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...command];
}
