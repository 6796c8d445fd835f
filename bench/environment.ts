import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli, startDevServer } from '../src/dev-server/index.js';
import type { WorkerInput } from './call-worker.js';
import { startChild } from './child.js';

/** Everything that a benchmark runs against: all of it is its own, and gone when it ends. */
export interface Environment {
  readonly address: string;
  readonly serverPid: number;
  readonly workerPid: number;
  readonly providerUrl: string;
  close(): Promise<void>;
}

export interface EnvironmentOptions {
  /** A folder for CPU profiles of the worker, one for each of its threads. */
  readonly profileFolder: string | undefined;
  readonly report: (line: string) => void;
}

/** Starts a dev server on a SQLite file, a provider and a worker, each a process of its own. */
export async function openEnvironment({ profileFolder, report }: EnvironmentOptions): Promise<Environment> {
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
    const provider = await startChild<{ url: string }>('call-provider.ts', {});
    closing.push(() => provider.stop());
    const input: WorkerInput = { address: server.address, providerUrl: provider.ready.url };
    const nodeOptions = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
    const worker = await startChild<object>('call-worker.ts', input, { nodeOptions });
    closing.push(() => worker.stop());
    return {
      address: server.address,
      serverPid: server.pid,
      workerPid: worker.pid,
      providerUrl: provider.ready.url,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
