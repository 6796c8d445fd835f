import { Client, type Connection } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { dataConverter } from '../worker/workflows-source.js';

/**
 * A client that starts workflows and is given their first tasks. The SDK asks for an eager start only where its own
 * worker takes the task, and gives it to nobody else; so the request and its answer are met on their way.
 */
export class EagerStarts {
  readonly client: Client;
  readonly #tasks = new Map<string, Uint8Array>();

  constructor(connection: Connection, namespace: string) {
    const { workflowService } = connection;
    const startWorkflowExecution = async (
      request: temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest,
    ): Promise<temporal.api.workflowservice.v1.IStartWorkflowExecutionResponse> => {
      const response = await workflowService.startWorkflowExecution({ ...request, requestEagerExecution: true });
      const token = response.eagerWorkflowTask?.taskToken;
      if (token) this.#tasks.set(response.runId, token);
      return response;
    };
    const service = Object.create(workflowService, { startWorkflowExecution: { value: startWorkflowExecution } });
    this.client = new Client({
      connection: Object.create(connection, { workflowService: { value: service } }) as Connection,
      namespace,
      dataConverter: dataConverter(),
    });
  }

  /** The token of the first task of a run that was started here; null: the server gave the task to a worker. Once. */
  take(runId: string): Uint8Array | null {
    const token = this.#tasks.get(runId) ?? null;
    this.#tasks.delete(runId);
    return token;
  }
}
