import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { expect, inject, test } from 'vitest';
import type { Step } from '../../src/mock-provider/index.js';
import { withClient } from '../helpers/call-history.js';
import { FAST, group, openHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** The model asks for a tool, and its answer is held back until the test lets it go. */
function toolCall(id: string, given: string): Step {
  const called = { id, type: 'function', function: { name: 'lookUp', arguments: given } };
  const message = { role: 'assistant', content: null, tool_calls: [called] };
  return {
    body: { id, object: 'chat.completion', choices: [{ index: 0, finish_reason: 'tool_calls', message }] },
    hold: true,
  };
}

const SCRIPT = { 'planner-up': [toolCall('one', 'herons'), toolCall('two', 'kingfishers'), { content: 'A heron.' }] };

test('an agent whose worker is killed twice ends right, and the provider was asked once for each step', async () => {
  const holdfast = await openHoldfast({ model_list: group('planner'), router_settings: FAST }, SCRIPT);
  const { provider } = holdfast;
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-agent-'));
  const codePath = join(folder, 'agent.cjs');
  const { code } = await bundleWorkflowCode({ workflowsPath: fixture('agent.ts'), logger: new DefaultLogger('ERROR') });
  await writeFile(codePath, code);
  const taskQueue = `agent-${randomUUID()}`;
  const address = inject('temporalAddress');
  const startWorker = (): ChildProcess =>
    spawn(process.execPath, [fixture('agent-worker.mjs')], {
      env: {
        ...process.env,
        ADDRESS: address,
        TASK_QUEUE: taskQueue,
        HOLDFAST_QUEUE: holdfast.taskQueue,
        BUNDLE: codePath,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const kill = async (worker: ChildProcess): Promise<void> => {
    if (worker.exitCode !== null) return;
    const exited = once(worker, 'exit');
    worker.kill('SIGKILL');
    await exited;
  };
  let worker = startWorker();
  try {
    await withClient(async (client) => {
      const workflowId = `agent-${randomUUID()}`;
      const handle = await client.workflow.start('agent', { args: ['Which bird?'], taskQueue, workflowId });
      for (const step of [1, 2]) {
        await waitFor(() => provider.callCount() === step, { what: `the request of step ${step}` });
        await kill(worker);
        provider.release();
        worker = startWorker();
      }
      expect(await handle.result()).toBe('A heron.');
    });
    expect(provider.callCount()).toBe(3);
    const last = provider.requests.at(-1)?.body as {
      readonly messages: readonly { readonly content: string | null }[];
    };
    expect(last.messages.map(({ content }) => content)).toEqual([
      'Which bird?',
      null,
      'found herons',
      null,
      'found kingfishers',
    ]);
  } finally {
    await kill(worker);
    await holdfast.close();
    await rm(folder, { recursive: true, force: true });
  }
});
