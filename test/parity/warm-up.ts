import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { temporalSettings, type TemporalOptions } from '../../src/temporal/settings.js';

/** A worker's first workflow is slow. One that is refused at once, before the clock runs, takes that from the case. */
export async function warmUp(temporal: TemporalOptions): Promise<void> {
  const { connection: options, namespace, taskQueue } = temporalSettings(temporal);
  const connection = await Connection.connect(options);
  try {
    const client = new Client({ connection, namespace });
    await client.workflow.execute('llmCall', {
      args: [{ operation: 'none' }],
      taskQueue,
      workflowId: `warm-up-${taskQueue}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
  } finally {
    await connection.close();
  }
}
