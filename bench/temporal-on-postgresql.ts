import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { freePort, LOOPBACK } from '../src/dev-server/ports.js';
import { serverEnvironment } from '../src/dev-server/server-process.js';
import { isServing } from '../src/dev-server/start-dev-server.js';
import { makeTemporalServer } from '../scripts/go/temporal-server.js';
import type { BenchServer, ServerOptions } from './database.js';
import { POSTGRESQL_USER, startPostgresql } from './postgresql.js';
import { startService } from './service.js';
import { temporalConfig } from './temporal-config.js';

const run = promisify(execFile);

const SET_UP_NAMESPACE = fileURLToPath(new URL('../deploy/setup-namespace.sh', import.meta.url));

/** Temporal's databases, and what their tables are called in its server's module. */
const SCHEMAS = { temporal: 'temporal', temporal_visibility: 'visibility' } as const;

/**
 * Starts Temporal's server on PostgreSQL, as the Compose file has them.
 * @throws Error when the machine has no PostgreSQL, or no Go to build the server with
 */
export async function startOnPostgresql({ cli, folder, onClose, report }: ServerOptions): Promise<BenchServer> {
  const programs = await makeTemporalServer(report);
  const postgresql = await startPostgresql();
  onClose(() => postgresql.stop());
  await makeTables(programs.sql, postgresql.port);
  const port = await freePort();
  const address = `${LOOPBACK}:${port}`;
  const config = join(folder, 'temporal.yaml');
  await writeFile(config, stringify(await temporalConfig(port, postgresql.port)));
  const server = await startService(
    "Temporal's server",
    [programs.server, '--config-file', config, '--allow-no-auth', 'start'],
    () => isServing(cli, address),
  );
  onClose(() => server.stop());
  await setUpNamespace(cli, address, folder);
  return { address, pid: server.pid, databasePid: postgresql.pid };
}

async function makeTables(sql: string, port: number): Promise<void> {
  const env = { SQL_PLUGIN: 'postgres12', SQL_HOST: LOOPBACK, SQL_PORT: String(port), SQL_USER: POSTGRESQL_USER };
  for (const [database, schema] of Object.entries(SCHEMAS)) {
    const tool = (...args: string[]) => run(sql, ['--database', database, ...args], { env });
    await tool('create');
    await tool('setup-schema', '--version', '0.0');
    await tool('update-schema', '--schema-name', `postgresql/v12/${schema}`);
  }
}

/** The script finds the CLI by its name. */
async function setUpNamespace(cli: string, address: string, folder: string): Promise<void> {
  await symlink(cli, join(folder, 'temporal'));
  const env = { ...serverEnvironment(), TEMPORAL_ADDRESS: address, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  await run('sh', [SET_UP_NAMESPACE], { env });
}
