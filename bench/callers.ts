import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { BareRequest } from './bare-activity.js';
import type { bareCall } from './bare-workflow.js';
import { loadBuild } from './build.js';
import { holdfastConfig, type Group } from './config.js';
import type { Environment } from './environment.js';
import { GOOD_MODEL, TASK_QUEUES, type PerKind } from './kinds.js';

/** The client's side of the benchmark: each function makes one call and returns its workflow id when it was answered. */
export interface Callers {
  readonly temporal: Client;
  readonly answered: PerKind<() => Promise<string>>;
  /** A call to any group. */
  readonly call: (group: Group) => Promise<string>;
  close(): Promise<void>;
}

const PROMPT =
  'A customer writes that the parcel was left in the rain and that the manual inside can no longer be read. ' +
  'Answer in two friendly sentences and offer to send the manual again.';

/** Calls of the kind `driven` have their worker in this process: it makes their first attempts. */
export async function openCallers({
  address,
  providerUrl,
}: Pick<Environment, 'address' | 'providerUrl'>): Promise<Callers> {
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
  const { HoldfastClient, startWorker, parseConfig } = await loadBuild();
  const worker = await startWorker({
    config: parseConfig(holdfastConfig(providerUrl), { source: 'benchmark', env: {} }),
    address,
    namespace: 'default',
    taskQueue: TASK_QUEUES.driven,
    drainSeconds: 0,
  });
  const driving = await worker.client();
  const connection = await Connection.connect({ address });
  const temporal = new Client({ connection });
  const holdfast = await HoldfastClient.connect({ address, namespace: 'default', taskQueue: TASK_QUEUES.llmCall });
  const messages: BareRequest['messages'] = [{ role: 'user', content: PROMPT }];

  const callBy = async (client: typeof holdfast, group: Group) => {
    const handle = await client.start({ model: group, messages });
    await handle.result();
    return handle.callId;
  };
  const bare = async () => {
    const workflowId = `bare-${randomUUID()}`;
    const request: BareRequest = { model: GOOD_MODEL, messages };
    await temporal.workflow.execute<typeof bareCall>('bareCall', {
      args: [request],
      taskQueue: TASK_QUEUES.bare,
      workflowId,
    });
    return workflowId;
  };
  return {
    temporal,
    answered: { bare, llmCall: () => callBy(holdfast, 'good'), driven: () => callBy(driving, 'good') },
    call: (group) => callBy(holdfast, group),
    close: async () => {
      worker.stop();
      await worker.stopped;
      await holdfast.close();
      await connection.close();
    },
  };
}
