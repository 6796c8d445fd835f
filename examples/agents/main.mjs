// A worker with two agents. Kill it while they wait for a model, and start it again: they go on, and no model call is paid twice.
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { aiSdk, openAiAgents } from './plugins.mjs';

Runtime.install({ logger: new DefaultLogger('WARN') });
const {
  BUNDLE: codePath,
  TASK_QUEUE: taskQueue = 'agents',
  TEMPORAL_ADDRESS: address = 'localhost:7233',
} = process.env;
const plugins = [aiSdk, openAiAgents];

const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue,
  ...(codePath
    ? { workflowBundle: { codePath } }
    : { workflowsPath: fileURLToPath(new URL('workflows.mjs', import.meta.url)) }),
  activities: { lookUp: async (bird) => `The ${bird} lives at rivers.` },
  plugins,
  // A worker that was killed is waited for no longer.
  stickyQueueScheduleToStartTimeout: '1s',
});

const client = new Client({ connection, plugins });

/** The workflow that runs already, where one does. */
const run = (agent) =>
  client.workflow.execute(agent, {
    args: ['Where does the kingfisher live?'],
    taskQueue,
    workflowId: `${taskQueue}-${agent}`,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
const answers = await worker.runUntil(Promise.all(['aiSdkAgent', 'openAiAgent'].map(run)));
console.log('answers:', answers);
await connection.close();
