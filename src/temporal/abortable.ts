import { AsyncLocalStorage } from 'node:async_hooks';
import type { ConnectionLike } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { untilAborted } from './until-aborted.js';

/** What clients wait with. */
const WAITS = ['getWorkflowExecutionHistory', 'updateWorkflowExecution', 'pollWorkflowExecutionUpdate'] as const;

type Ask = (request: object) => Promise<unknown>;

/**
 * A native connection for clients. By itself it cannot abort a request (SDK 1.23), so whoever waits for a call would
 * poll for it until the call's end. Here a wait ends with its signal; the poll under way lasts some seconds more.
 */
export function abortable(connection: NativeConnection): ConnectionLike {
  const signals = new AsyncLocalStorage<AbortSignal>();
  const { workflowService } = connection;
  const waits = WAITS.map((name) => {
    const ask = workflowService[name].bind(workflowService) as Ask;
    const value: Ask = async (request) => untilAborted(signals.getStore(), () => ask(request));
    return [name, { value }];
  });
  return Object.create(connection, {
    workflowService: { value: Object.create(workflowService, Object.fromEntries(waits)) },
    withAbortSignal: { value: <T>(signal: AbortSignal, ask: () => Promise<T>) => signals.run(signal, ask) },
  }) as ConnectionLike;
}
