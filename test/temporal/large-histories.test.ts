import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { expect, inject, test } from 'vitest';
import { connectToTemporal } from '../../src/temporal/connect.js';
import { temporalSettings } from '../../src/temporal/settings.js';

test('a history with a page above 4 MB is read', async () => {
  const temporal = await connectToTemporal(temporalSettings({ address: inject('temporalAddress') }));
  const { workflow } = new Client(temporal);
  const workflowId = `large-${randomUUID()}`;
  const handle = await workflow.start('ofSomebody', { workflowId, taskQueue: `none-${workflowId}` });
  try {
    for (let count = 0; count < 3; count++) await handle.signal('told', 'x'.repeat(1_900_000));
    const { events } = await handle.fetchHistory();
    expect(events?.filter((event) => event.workflowExecutionSignaledEventAttributes)).toHaveLength(3);
  } finally {
    await handle.terminate();
    await temporal.close();
  }
});
