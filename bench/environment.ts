import type { WorkerInput } from './call-worker.js';
import { startChild } from './child.js';
import { holdfastConfig } from './config.js';
import { openStack, startWorker, type Stack } from './stack.js';

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
  /** Whether the worker of the bare workflow is there, too. @default only Holdfast's */
  readonly bare?: boolean;
  readonly report: (line: string) => void;
}

/** Starts a dev server on a SQLite file, a provider and a worker, each a process of its own. */
export function openEnvironment({ profileFolder, bare = false, report }: EnvironmentOptions): Promise<Environment> {
  return openStack(report, async (stack) => {
    const { server, onClose } = stack;
    const provider = await startChild<{ url: string }>('call-provider.ts', {});
    onClose(() => provider.stop());
    const providerUrl = provider.ready.url;
    const config = holdfastConfig(providerUrl);
    const nodeOptions = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
    const worker = bare
      ? await startBoth(stack, { address: server.address, providerUrl, config, bare }, nodeOptions)
      : await startWorker(stack, config, nodeOptions);
    return {
      address: server.address,
      serverPid: server.pid,
      workerPid: worker.pid,
      providerUrl,
    };
  });
}

async function startBoth({ onClose }: Stack, input: WorkerInput, nodeOptions: readonly string[]) {
  const worker = await startChild<object>('call-worker.ts', input, { nodeOptions });
  onClose(() => worker.stop());
  return worker;
}
