import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { BareRequest } from './bare-activity.js';
import type { bareCall } from './bare-workflow.js';
import { loadBuild } from './build.js';
import type { Group } from './config.js';
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

export async function openCallers(address: string): Promise<Callers> {
  const { HoldfastClient } = await loadBuild();
  const connection = await Connection.connect({ address });
  const temporal = new Client({ connection });
  const holdfast = await HoldfastClient.connect({ address, namespace: 'default', taskQueue: TASK_QUEUES.llmCall });
  const messages: BareRequest['messages'] = [{ role: 'user', content: PROMPT }];

  const call = async (group: Group) => {
    const handle = await holdfast.start({ model: group, messages });
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
    answered: { bare, llmCall: () => call('good') },
    call,
    close: async () => {
      await holdfast.close();
      await connection.close();
    },
  };
}
