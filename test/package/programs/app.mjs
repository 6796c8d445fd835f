// A project of ES modules: a bundle made before, a worker with the plugin, calls from its workflows in both ways, an agent in an
// activity, streams of the thin client, and the kit for tests.
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { HoldfastClient } from '@holdfast/client';
import { loadConfig } from 'holdfast';
import { HoldfastPlugin } from 'holdfast/plugin';
import { fakeHoldfast, startTestHoldfast } from 'holdfast/testing';
import { runAgent } from './agent.mjs';

const { SCRIPT = '{}', TEMPORAL_ADDRESS: address, TASK_QUEUE: taskQueue } = process.env;
const messages = [{ role: 'user', content: 'Name a bird.' }];

const logger = new DefaultLogger('WARN');
Runtime.install({ logger });

const kit = await startTestHoldfast({ address, script: JSON.parse(SCRIPT) });
const { provider } = kit;
process.env.MOCK_PROVIDER_URL = `${provider.url}/v1`;

const plugins = [new HoldfastPlugin({ config: await loadConfig('holdfast.yaml') })];
const workflowsPath = fileURLToPath(new URL('workflows.mjs', import.meta.url));
const workflowBundle = await bundleWorkflowCode({ workflowsPath, plugins, logger });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities: { runAgent }, plugins });
const { workflow } = new Client({ connection, plugins });
const thin = await HoldfastClient.connect({ address, taskQueue: kit.taskQueue });

const start = (type, name, ...args) =>
  workflow.start(type, { args, taskQueue, workflowId: `${name}-${taskQueue}`, workflowExecutionTimeout: '5m' });

/** Runs a workflow, and then its code once more, against what it did. */
async function runAndReplay(type, name, ...args) {
  const handle = await start(type, name, ...args);
  const result = await handle.result();
  await Worker.runReplayHistory({ workflowBundle, plugins }, await handle.fetchHistory(), handle.workflowId);
  return result;
}

/** A workflow is cancelled while its call waits for the provider. */
async function cancelled() {
  const callId = `slow-call-${taskQueue}`;
  const handle = await start('ask', 'slow', 'slow', { callId });
  while (provider.callCount('slow') === 0) await sleep(20);
  await handle.cancel();
  const { cause } = await handle.result().catch((error) => error);
  const { state } = await thin.handle(callId).inspect();
  return [cause.name, state];
}

/** Leaves a stream after its first words, and comes back with the key when there is more of it. */
async function streamed() {
  const [request, options] = [{ model: 'story', messages }, { idempotencyKey: `story-${taskQueue}` }];
  for await (const { type } of thin.stream(request, options)) if (type === 'chunk') break;
  provider.release();
  const events = await Array.fromAsync(thin.stream(request, options));
  const text = events.map(({ chunk }) => chunk?.choices[0]?.delta.content ?? '').join('');
  return [text, events.at(-1).response.choices[0].message.content, provider.callCount('story')];
}

async function faked() {
  const fake = fakeHoldfast({ fast: ['A wren.', { error: 'RateLimitError' }] });
  const { response } = await fake.client.execute({ model: 'fast', messages });
  const { kind } = await fake.client.execute({ model: 'fast', messages }).catch((error) => error);
  return [response.choices[0].message.content, kind, fake.calls.length];
}

const told = await worker.runUntil(async () => ({
  asChild: await runAndReplay('ask', 'child', 'fast'),
  asActivities: await runAndReplay('ask', 'activities', 'fast', { runAs: 'activities' }),
  elsewhere: await runAndReplay('ask', 'elsewhere', 'bird', { taskQueue: kit.taskQueue }),
  failed: await runAndReplay('ask', 'refused', 'strict'),
  cancelled: await cancelled(),
  agent: [await runAndReplay('agent', 'agent', 'Where does the kingfisher live?'), provider.callCount('agent')],
  streamed: await streamed(),
  faked: await faked(),
}));
await thin.close();
await connection.close();
await kit.close();
console.log(JSON.stringify(told));
