import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { lookingClient } from '../../src/client/looking-client.js';
import { neededPayloads } from '../../src/worker/needed-payloads.js';
import { withClient } from '../helpers/call-history.js';
import { waitFor } from '../helpers/wait-for.js';

test('what a schedule gives to its workflows is needed as long as it is there, or any that it has started', async () => {
  const [scheduleId, name] = [`schedule-${randomUUID()}`, `scheduled-${randomUUID()}`];
  await withClient(async (client) => {
    const neededOf = neededPayloads(lookingClient(client.connection, { namespace: 'default' }, { withoutKeys: true }));
    const isNeeded = async () => (await neededOf(new Set([name, `call-${randomUUID()}`]))).has(name);
    const schedule = await client.schedule.create({
      scheduleId,
      spec: {},
      // Nobody runs it.
      action: { type: 'startWorkflow', workflowType: 'ofSomebody', workflowId: name, taskQueue: `none-${name}` },
    });
    await waitFor(isNeeded);
    await schedule.trigger();
    const query = `TemporalScheduledById = "${scheduleId}"`;
    await waitFor(async () => (await client.workflow.count(query)).count === 1);
    await schedule.delete();
    expect(await isNeeded()).toBe(true);
    for await (const { workflowId } of client.workflow.list({ query })) {
      const handle = client.workflow.getHandle(workflowId);
      await handle.terminate();
      await client.workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution: { workflowId } });
    }
    await waitFor(async () => !(await isNeeded()));
  });
});
