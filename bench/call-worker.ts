import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { createBareActivities } from './bare-activity.js';
import { runAsChild } from './child.js';
import { loadBuild } from './build.js';
import { TASK_QUEUES } from './kinds.js';

export interface WorkerInput {
  readonly address: string;
  readonly providerUrl: string;
  /** Holdfast's config. */
  readonly config: string;
  /** Whether the worker of the bare workflow is there, too. */
  readonly bare: boolean;
  /** @default that of all calls */
  readonly taskQueue?: string;
}

const logger = new DefaultLogger('WARN');

/** The worker of a bare workflow, with the settings of Holdfast's that bear on speed. */
async function startBareWorker({ address, providerUrl }: Pick<WorkerInput, 'address' | 'providerUrl'>) {
  const connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
  const workflowsPath = fileURLToPath(new URL('bare-workflow.ts', import.meta.url));
  const worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUES.bare,
    activities: createBareActivities(`${providerUrl}/v1`),
    workflowBundle: await bundleWorkflowCode({ workflowsPath, logger }),
    maxConcurrentActivityTaskExecutions: 200,
    maxConcurrentWorkflowTaskExecutions: 100,
    workflowTaskPollerBehavior: { type: 'autoscaling' },
    activityTaskPollerBehavior: { type: 'autoscaling' },
  });
  const stopped = worker.run();
  return { stop: () => worker.shutdown(), stopped };
}

/**
 * Holdfast's worker as it is, and that of the bare workflow in the same process, each with its own bundle. They work in turns,
 * so that the process's time is that of one of them.
 */
await runAsChild(async (input: WorkerInput) => {
  Runtime.install({ logger, shutdownSignals: [] });
  const { startWorker, parseConfig } = await loadBuild();
  const holdfast = await startWorker({
    config: parseConfig(input.config, { source: 'benchmark', env: {} }),
    address: input.address,
    namespace: 'default',
    taskQueue: input.taskQueue ?? TASK_QUEUES.llmCall,
    drainSeconds: 0,
  });
  const workers = [holdfast, ...(input.bare ? [await startBareWorker(input)] : [])];
  return {
    ready: {},
    stop: async () => {
      for (const worker of workers) worker.stop();
      await Promise.all(workers.map(({ stopped }) => stopped));
    },
  };
});
