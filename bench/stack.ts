import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli, startDevServer, type DevServer } from '../src/dev-server/index.js';

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
    const server = await startDevServer({ cli: cli.path, headless: true, dbFile: join(folder, 'temporal.db') });
    closing.push(() => server.stop());
    const built = await build({ folder, server, onClose: (end) => void closing.push(end) });
    return { ...built, close };
  } catch (error) {
    await close();
    throw error;
  }
}
