import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parseConfig } from '../../src/config/index.js';
import { startWorker } from '../../src/worker.js';
import { explainWorkerError } from '../../src/worker/worker-failed.js';
import { configText, group } from '../helpers/holdfast.js';
import { openTemporal } from '../helpers/temporal.js';

test('a workflow task that takes longer than 5 s, as on a slow machine, does not end the worker', async () => {
  const temporal = await openTemporal();
  // The limit is that of the thread for workflows.
  vi.stubEnv('TEMPORAL_DEBUG', undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { client, address, taskQueue } = temporal;
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('fixtures/busy.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const worker = await startWorker({
    config: parseConfig(configText({ model_list: group('a') }, 'http://127.0.0.1:1'), { source: 'test', env: {} }),
    address,
    taskQueue,
    drainSeconds: 0,
    workflowBundle: workflowBundle as never,
  });
  const options = { taskQueue, workflowId: `busy-${taskQueue}`, args: [6_000], workflowTaskTimeout: '60s' } as const;
  expect(await client.workflow.execute('busy', options)).toBe('done');
  worker.stop();
  await worker.stopped;
  await temporal.close();
});

test('a worker whose thread for workflows died says what to do', () => {
  const died = new Error('Workflow Worker Thread exited prematurely: Error: out of memory');
  const explained = explainWorkerError(new Error('Worker failed', { cause: died }));
  expect(explained).toMatchObject({
    name: 'WorkerFailedError',
    message: expect.stringMatching(/start the worker again/),
  });
  const other = new Error('other');
  expect(explainWorkerError(other)).toBe(other);
});
