import { Client, type ClientInterceptors, type Connection } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { Clock } from '../clock.js';
import { Turns } from '../core/common/turns.js';
import { dataConverter, type Chain } from '../temporal/data-converter.js';

/**
 * Starts at once. A server that is given more than it can take answers late, and a first task times out 10 s after its start
 * was taken, whenever its starter hears of it.
 */
const STARTS_AT_ONCE = 50;

/** The first task of a run that was started here. */
export interface FirstTask {
  readonly token: Uint8Array;
  /** When its start was sent: the server's clock for it does not begin before. */
  readonly sentMs: number;
}

/**
 * A client that starts workflows and is given their first tasks. The SDK asks for an eager start only where its own
 * worker takes the task, and gives it to nobody else; so the request and its answer are met on their way.
 */
export class EagerStarts {
  readonly client: Client;
  readonly #tasks = new Map<string, FirstTask>();
  readonly #turns = new Turns(STARTS_AT_ONCE);

  constructor(
    connection: Connection,
    settings: Chain,
    interceptors: ClientInterceptors | undefined,
    clock: Pick<Clock, 'now'>,
  ) {
    const { workflowService } = connection;
    const startWorkflowExecution = (
      request: temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest,
    ): Promise<temporal.api.workflowservice.v1.IStartWorkflowExecutionResponse> =>
      this.#turns.take(async () => {
        const sentMs = clock.now();
        const response = await workflowService.startWorkflowExecution({ ...request, requestEagerExecution: true });
        const token = response.eagerWorkflowTask?.taskToken;
        if (token) this.#tasks.set(response.runId, { token, sentMs });
        return response;
      });
    const service = Object.create(workflowService, { startWorkflowExecution: { value: startWorkflowExecution } });
    this.client = new Client({
      connection: Object.create(connection, { workflowService: { value: service } }) as Connection,
      namespace: settings.namespace,
      ...(interceptors && { interceptors }),
      dataConverter: dataConverter(settings),
    });
  }

  /** The first task of a run that was started here; null: the server gave it to a worker. Once. */
  take(runId: string): FirstTask | null {
    const task = this.#tasks.get(runId) ?? null;
    this.#tasks.delete(runId);
    return task;
  }
}
