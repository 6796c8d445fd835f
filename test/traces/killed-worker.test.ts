import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import { startMockProvider } from '../../src/mock-provider/index.js';
import { configText, group } from '../helpers/holdfast.js';
import { openOtlpReceiver, tracesTo } from '../helpers/otlp-receiver.js';
import { startCli, type RunningCli } from '../helpers/processes.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';

test(
  'a trace goes on after the worker was killed in the middle of an attempt, which it tells of as lost',
  TIMED,
  async () => {
    const address = inject('temporalAddress');
    const taskQueue = `test-${randomUUID()}`;
    const receiver = await openOtlpReceiver();
    onTestFinished(() => receiver.close());
    const traces = await tracesTo(receiver);
    const provider = await startMockProvider({ script: { 'dying-up': 'hang,ok' } });
    onTestFinished(() => provider.close());
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-traces-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const config = join(folder, 'holdfast.yaml');
    await writeFile(config, configText({ model_list: group('dying') }, provider.url));
    const startWorker = async (): Promise<RunningCli> => {
      const args = ['worker', '--config', config, '--address', address, '--task-queue', taskQueue];
      const worker = startCli(args, { env: receiver.env });
      onTestFinished(() => worker.kill());
      await worker.said('polls task queue');
      return worker;
    };
    const client = await HoldfastClient.connect({ address, taskQueue, interceptors: traces.clientInterceptors });
    onTestFinished(() => client.close());

    const worker = await startWorker();
    const handle = await client.start({ model: 'dying', messages: [{ role: 'user', content: 'Hello' }] });
    await waitFor(() => provider.callCount('dying-up') === 1);
    await worker.kill();
    await startWorker();
    await handle.result();

    const start = await receiver.span('StartWorkflow:llmCall');
    const run = await receiver.span('RunWorkflow:llmCall');
    expect(run).toMatchObject({ traceId: start.traceId, parentSpanId: start.spanId, isError: false });
    // Whom a worker asked that was killed is known if a heartbeat told of it.
    await receiver.span(/^chat/, 2);
    const attempts = receiver.spans().filter(({ name }) => name.startsWith('chat'));
    expect(attempts).toMatchObject([
      { traceId: start.traceId, isError: true, attributes: { 'holdfast.attempt': 1, 'error.type': 'lost' } },
      { traceId: start.traceId, isError: false, attributes: { 'holdfast.attempt': 2, 'holdfast.outcome': 'answered' } },
    ]);
  },
);
