import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { findTemporalCli, startDevServer } from '../src/dev-server/index.js';
import { SEARCH_ATTRIBUTE_LIST } from '../src/core/common/search-attributes.js';
import { freePort } from '../src/dev-server/ports.js';
import { startCli } from '../test/helpers/processes.js';
import type { BenchServer, Database, ServerOptions } from './database.js';
import { TASK_QUEUES } from './kinds.js';
import { startOnPostgresql } from './temporal-on-postgresql.js';

/** What a benchmark has started, and ends again, the last thing first. */
export interface Stack {
  /** For its files; gone at the end. */
  readonly folder: string;
  readonly server: BenchServer;
  readonly onClose: (end: () => Promise<unknown>) => void;
}

/** Starts a server, and what `build` starts on top of it; ends it all when that fails. */
export async function openStack<T>(
  report: (line: string) => void,
  build: (stack: Stack) => Promise<T>,
  database: Database = 'sqlite',
): Promise<T & { close: () => Promise<void> }> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (let next = closing.pop(); next !== undefined; next = closing.pop()) await next();
  };
  try {
    const cli = await findTemporalCli({ report, useExistingServer: false });
    if (cli.kind !== 'cli') throw new Error('the benchmark starts a server of its own and found no Temporal CLI');
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const onClose = (end: () => Promise<unknown>) => void closing.push(end);
    const server = await START_ON[database]({ cli: cli.path, folder, onClose, report });
    const built = await build({ folder, server, onClose });
    return { ...built, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** As `holdfast dev` has it. */
async function startOnSqlite({ cli, folder, onClose }: ServerOptions): Promise<BenchServer> {
  const dbFile = join(folder, 'temporal.db');
  const server = await startDevServer({ cli, headless: true, dbFile, searchAttributes: SEARCH_ATTRIBUTE_LIST });
  onClose(() => server.stop());
  return server;
}

const START_ON: Readonly<Record<Database, (options: ServerOptions) => Promise<BenchServer>>> = {
  sqlite: startOnSqlite,
  postgresql: startOnPostgresql,
};

/** Starts `holdfast serve` with a config, on the server of a stack. */
export async function startServe(
  { folder, server, onClose }: Stack,
  config: string,
): Promise<{ readonly url: string; readonly pid: number }> {
  const file = join(folder, 'holdfast.yaml');
  await writeFile(file, config);
  const port = await freePort();
  const serve = startCli(['serve', '--config', file, '--address', server.address, '--port', String(port)]);
  onClose(() => serve.kill());
  await serve.said('polls task queue');
  return { url: `http://127.0.0.1:${port}`, pid: serve.process.pid ?? 0 };
}

const COMPOSE_FILE = new URL('../docker-compose.yml', import.meta.url);

/** Starts `holdfast worker` with a config, on the server of a stack, and as the Compose file has it. */
export async function startWorker(
  { folder, server, onClose }: Stack,
  config: string,
  nodeOptions: readonly string[],
): Promise<{ readonly pid: number }> {
  const file = join(folder, 'holdfast.yaml');
  await writeFile(file, config);
  const { entrypoint, environment } = (parse(await readFile(COMPOSE_FILE, 'utf8')) as ComposeFile).services.worker;
  const flags = entrypoint.filter((word) => word.startsWith('--'));
  const env = { MALLOC_ARENA_MAX: environment.MALLOC_ARENA_MAX, NODE_OPTIONS: [...flags, ...nodeOptions].join(' ') };
  const at = ['--address', server.address, '--task-queue', TASK_QUEUES.llmCall];
  const worker = startCli(['worker', '--config', file, ...at], { env });
  onClose(() => worker.end('SIGTERM'));
  await worker.said('polls task queue');
  return { pid: worker.process.pid ?? 0 };
}

interface ComposeFile {
  readonly services: {
    readonly worker: {
      readonly entrypoint: readonly string[];
      readonly environment: { readonly MALLOC_ARENA_MAX: string };
    };
  };
}
