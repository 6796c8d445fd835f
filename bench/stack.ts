import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli, startDevServer, type DevServer } from '../src/dev-server/index.js';
import { SEARCH_ATTRIBUTE_LIST } from '../src/core/common/search-attributes.js';
import { freePort } from '../src/dev-server/ports.js';
import { startCli } from '../test/helpers/processes.js';

/** What a benchmark has started, and ends again, the last thing first. */
export interface Stack {
  /** For its files; gone at the end. */
  readonly folder: string;
  readonly server: DevServer;
  readonly onClose: (end: () => Promise<unknown>) => void;
}

/** Starts a dev server on a SQLite file, and what `build` starts on top of it; ends it all when that fails. */
export async function openStack<T>(
  report: (line: string) => void,
  build: (stack: Stack) => Promise<T>,
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
    const dbFile = join(folder, 'temporal.db');
    // As `holdfast dev` has it.
    const server = await startDevServer({
      cli: cli.path,
      headless: true,
      dbFile,
      searchAttributes: SEARCH_ATTRIBUTE_LIST,
    });
    closing.push(() => server.stop());
    const built = await build({ folder, server, onClose: (end) => void closing.push(end) });
    return { ...built, close };
  } catch (error) {
    await close();
    throw error;
  }
}

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
