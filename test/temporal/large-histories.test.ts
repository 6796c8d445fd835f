import { randomUUID } from 'node:crypto';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { HoldfastClient } from '../../src/client.js';

let connection: Connection;
let handle: WorkflowHandle;
beforeAll(async () => {
  // As somebody makes one who knows of no limit of gRPC's.
  connection = await Connection.connect({ address: inject('temporalAddress') });
  const { workflow } = new Client({ connection });
  const workflowId = `large-${randomUUID()}`;
  // Nobody runs it.
  handle = await workflow.start('llmCall', { workflowId, taskQueue: `none-${workflowId}` });
  for (let count = 0; count < 3; count++) await handle.signal('told', 'x'.repeat(1_900_000));
});
afterAll(async () => {
  await handle.terminate();
  await connection.close();
});

test.each([
  ["Holdfast's own", () => ({ address: inject('temporalAddress') })],
  ["the user's own, which takes 4 MB", () => ({ connection })],
])('a history with a page above 4 MB is read, on a connection that is %s', async (_whose, options) => {
  const client = await HoldfastClient.connect(options());
  try {
    const inspection = await client.handle(handle.workflowId).inspect();
    expect(inspection).toMatchObject({ state: 'running', ledger: { entries: [] } });
  } finally {
    await client.close();
  }
});
