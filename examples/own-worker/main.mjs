// A worker with a workflow of its own and Holdfast's, and a client that starts it.
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { loadConfig } from 'holdfast';
import { HoldfastPlugin } from 'holdfast/plugin';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const taskQueue = process.env.TASK_QUEUE ?? 'birds';

const plugins = [new HoldfastPlugin({ config: await loadConfig(here('holdfast.yaml')) })];
const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS ?? 'localhost:7233' });
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowsPath: here('workflows.mjs'),
  activities: { lookUp: async (bird) => `The ${bird} lives at rivers.` },
  plugins,
});

const client = new Client({ connection, plugins });
const answer = await worker.runUntil(
  client.workflow.execute('agent', {
    args: ['Where does the kingfisher live?'],
    taskQueue,
    workflowId: `agent-${randomUUID()}`,
  }),
);
console.log('answer:', answer);
await connection.close();
