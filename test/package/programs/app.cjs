// A project in CommonJS: a worker with the plugin, a workflow that makes a call, and the thin client.
const { Client } = require('@temporalio/client');
const { NativeConnection, Worker } = require('@temporalio/worker');
const { HoldfastClient } = require('@holdfast/client');
const { loadConfig } = require('holdfast');
const { HoldfastPlugin } = require('holdfast/plugin');
const { startMockProvider } = require('holdfast/testing');

const { TEMPORAL_ADDRESS: address, TASK_QUEUE: taskQueue } = process.env;

async function main() {
  const bird = ['A heron.', 'A wren.', 'A kite.'].map((content) => ({ content }));
  const provider = await startMockProvider({ script: { bird } });
  process.env.MOCK_PROVIDER_URL = `${provider.url}/v1`;
  const plugins = [new HoldfastPlugin({ config: await loadConfig('holdfast.yaml') })];
  const connection = await NativeConnection.connect({ address });
  const workflowsPath = require.resolve('./workflows.cjs');
  const worker = await Worker.create({ connection, taskQueue, workflowsPath, plugins });
  const holdfast = await HoldfastClient.connect({ address, taskQueue });
  const answers = await worker.runUntil(async () => {
    const request = { model: 'fast', messages: [{ role: 'user', content: 'Name a bird.' }] };
    const { response } = await holdfast.execute(request);
    const failed = await holdfast.execute({ ...request, model: 'nobody' }).catch(({ kind }) => kind);
    const client = new Client({ connection, plugins });
    const workflowId = `bird-${taskQueue}`;
    const named = await client.workflow.execute('nameBirds', { args: ['fast'], taskQueue, workflowId });
    return { called: response.choices[0].message.content, named, failed, asked: provider.callCount('bird') };
  });
  await holdfast.close();
  await connection.close();
  await provider.close();
  console.log(JSON.stringify(answers));
}

main();
