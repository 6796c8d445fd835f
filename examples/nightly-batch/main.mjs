// A batch each night, by a schedule of Temporal's. With --now the batch of today is run at once, and then it ends.
import { fileURLToPath } from 'node:url';
import { heartbeat } from '@temporalio/activity';
import { Client, ScheduleAlreadyRunning } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { HoldfastClient } from 'holdfast/client';

const { TEMPORAL_ADDRESS: address = 'localhost:7233', TASK_QUEUE: taskQueue = 'nightly' } = process.env;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const files = { input: process.env.INPUT ?? here('questions.jsonl'), output: process.env.OUTPUT ?? here('output') };

const holdfast = await HoldfastClient.connect({ address });
const activities = {
  async runBatch({ input, output }) {
    const batch = await holdfast.batches.submit({ input, output });
    for await (const { state } of batch.follow()) heartbeat(state);
    const { counts } = await batch.result();
    return { output, answered: counts.answered, failed: counts.failed };
  },
};

const connection = await NativeConnection.connect({ address });
const client = new Client({ connection });
const workflow = { type: 'startWorkflow', workflowType: 'nightly', args: [files], taskQueue, workflowId: taskQueue };
const schedule = await client.schedule
  .create({
    scheduleId: taskQueue,
    spec: { calendars: [{ hour: 2 }] },
    action: workflow,
    policies: { overlap: 'SKIP' },
  })
  .catch((error) => {
    if (error instanceof ScheduleAlreadyRunning) return client.schedule.getHandle(taskQueue);
    throw error;
  });

const worker = await Worker.create({ connection, taskQueue, workflowsPath: here('workflows.mjs'), activities });
await (process.argv.includes('--now') ? worker.runUntil(runNow) : worker.run());
await holdfast.close();
await connection.close();

async function runNow() {
  await schedule.trigger();
  for (;;) {
    const [latest] = (await schedule.describe()).info.recentActions;
    if (latest?.action.type === 'startWorkflow') {
      const { workflowId, firstExecutionRunId } = latest.action.workflow;
      console.log('ran:', JSON.stringify(await client.workflow.getHandle(workflowId, firstExecutionRunId).result()));
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
