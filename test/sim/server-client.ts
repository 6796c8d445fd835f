import type { Client } from '@temporalio/client';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { statusOf, type Ended, type Execution } from './execution.js';
import { json } from './json.js';
import type { VirtualTime } from './virtual-time.js';

/** The server of a client. */
interface Asked {
  readonly time: VirtualTime;
  readonly executions: ReadonlyMap<string, Execution>;
  latencyMs(): number;
  signal(workflowId: string, name: string, value: unknown): void;
  cancel(workflowId: string): void;
  terminate(workflowId: string): void;
}

/** As much of a client as activities use. */
export function clientOf(server: Asked): Client {
  return {
    workflow: { getHandle: (workflowId: string) => handleOf(server, workflowId) },
    withAbortSignal: (signal: AbortSignal, work: () => Promise<unknown>) => Promise.race([work(), aborted(signal)]),
  } as unknown as Client;
}

function handleOf(server: Asked, workflowId: string) {
  const known = (): Execution => {
    const execution = server.executions.get(workflowId);
    if (execution === undefined) throw new WorkflowNotFoundError('not found', workflowId, undefined);
    return execution;
  };
  const running = (): string => {
    if (known().end !== null) throw new WorkflowNotFoundError('already completed', workflowId, undefined);
    return workflowId;
  };
  const pendingOf = ({ run }: Execution) =>
    [...run.activities].filter(({ isClosed }) => !isClosed).map(({ pending }) => pending);
  const later = <T>(work: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      server.time.after(server.latencyMs(), () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  return {
    query: (name: string) => later(() => json(known().run.handlers.get(name)?.handle())),
    signal: (name: string, value: unknown) => later(() => server.signal(workflowId, name, value)),
    cancel: () => later(() => server.cancel(running())),
    terminate: () => later(() => server.terminate(running())),
    describe: () =>
      later(() => ({ status: { name: statusOf(known()) }, raw: { pendingActivities: pendingOf(known()) } })),
    result: async () => {
      const execution = await later(known);
      const end =
        execution.end ?? (await new Promise<Ended>((resolve) => execution.onEnd.push((ended) => resolve(ended))));
      if ('result' in end) return json(end.result);
      throw new WorkflowFailedError('Workflow execution failed', end.error as Error, 'NON_RETRYABLE_FAILURE');
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}
