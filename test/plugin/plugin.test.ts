import { randomUUID } from 'node:crypto';
import { Client, WorkflowFailedError } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseConfig, type LoadedConfig } from '../../src/config/index.js';
import { HoldfastPlugin } from '../../src/plugin.js';
import { startWorker } from '../../src/worker.js';
import { configText, group, PLANTED_KEY } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';
import { ask, FAILED_CALLS, LARGE_PROMPT } from './failed-calls.js';
import { openOwnWorker, type OwnWorker } from './own-worker.js';

let own: OwnWorker;
beforeAll(async () => {
  own = await openOwnWorker();
});
afterAll(() => own.close());

describe('a worker with the plugin', () => {
  test("runs its owner's workflow, which asks an activity of the worker, one of another plugin, and a model", async () => {
    const workflow = await own.start('greet', 'Ada');
    expect(await workflow.result()).toMatchObject({
      greeting: 'Hello Ada!',
      response: { choices: [{ message: { content: 'Echo: Hello Ada!' } }] },
      report: { attempts: 1 },
    });
    const { events } = await workflow.fetchHistory();
    const text = JSON.stringify(events, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    // Encrypted, and turned before that.
    expect(text).not.toMatch(/Hello|olleH/);
    expect(text).not.toContain(PLANTED_KEY);
    await own.replay(workflow);
  });

  const plugin = () =>
    new HoldfastPlugin({
      config: parseConfig(configText({ model_list: group('good') }, 'http://127.0.0.1:1'), { source: 'test', env: {} }),
    });

  test('is refused a connection of another copy of the SDK', async () => {
    const connection = { another: 'copy' } as unknown as NativeConnection;
    await expect(plugin().configureWorker({ connection, taskQueue: 'any' })).rejects.toThrow(
      /another copy of @temporalio\/worker.*npm ls @temporalio\/worker/,
    );
  });

  test('says where it looked for a server, if it was given no connection', async () => {
    const connect = vi.spyOn(NativeConnection, 'connect').mockRejectedValue(new Error('connection refused'));
    onTestFinished(() => connect.mockRestore());
    await expect(plugin().configureWorker({ taskQueue: 'any' })).rejects.toMatchObject({
      name: 'TemporalUnavailableError',
      message: expect.stringMatching(/localhost:7233.*`connection`/),
    });
  });

  test('is refused a bundle that was made without the plugin: its calls would wait for ever', async () => {
    const workflowBundle = { code: 'exports.greet = async () => "Hello"' };
    await expect(plugin().configureWorker({ workflowBundle, taskQueue: 'any' })).rejects.toThrow(
      /bundle .* no workflows of Holdfast.*bundleWorkflowCode/,
    );
  });

  test('is refused the plugin twice, as are clients and bundles', async () => {
    const twice = { plugins: [plugin(), plugin()] };
    const message = /HoldfastPlugin is given twice/;
    await expect(Worker.create({ ...twice, taskQueue: 'any' })).rejects.toThrow(message);
    await expect(bundleWorkflowCode({ ...twice, workflowsPath: 'any' })).rejects.toThrow(message);
    expect(() => new Client({ ...twice, connection: own.client.connection })).toThrow(message);
  });

  test.each([
    ['none', undefined, 'got none'],
    ['a promise', Promise.resolve({}), 'got a promise: await it'],
    ['the name of a file', 'holdfast.yaml', 'got a text'],
    ['another object', {}, 'got something else'],
  ])('is refused %s for a config, with or without the plugin', async (_what, given, message) => {
    const options = { config: given as unknown as LoadedConfig };
    expect(() => new HoldfastPlugin(options)).toThrow(/^HoldfastPlugin: config: .*loadConfig/);
    expect(() => new HoldfastPlugin(options)).toThrow(message);
    await expect(startWorker(options)).rejects.toThrow(/^startWorker: config: .*loadConfig/);
  });

  test('makes the calls of a client', async () => {
    const { response } = await own.holdfast.execute(ask('good'));
    expect(response.choices[0]?.message.content).toBe('Echo: Hello');
    await expect(own.holdfast.execute(ask('down'))).rejects.toMatchObject({
      kind: 'ServiceUnavailableError',
      report: { attempts: 2 },
    });
  });

  test('runs workflows of types that nobody registered as before', async () => {
    expect(await (await own.start('unknown')).result()).toBe('runs unknown');
  });
});

describe('a call from a workflow', () => {
  test('is shown by its model group and its prompt, in the list and in the UI', async () => {
    const callId = `call-${randomUUID()}`;
    const workflow = await own.start('caught', ask('good', 'Which bird is this?'), { callId });
    expect(await workflow.result()).toEqual({ answer: 'Echo: Which bird is this?' });
    const call = await own.client.workflow.getHandle(callId).describe();
    expect(call.searchAttributes).toMatchObject({ HoldfastGroup: ['good'] });
    expect(await call.staticSummary()).toBe('Which bird is this?');
    expect(call.parentExecution).toMatchObject({ workflowId: workflow.workflowId });
    expect(await own.holdfast.handle(callId).inspect()).toMatchObject({ state: 'answered' });
  });

  test('may be of any operation', async () => {
    expect(await (await own.start('embed', 'one', 'two')).result()).toBe(2);
  });

  test('may have as large a prompt as external storage takes', async () => {
    const workflow = await own.start('caught', ask('good', LARGE_PROMPT));
    expect(await workflow.result()).toEqual({ answer: expect.stringContaining('Echo: xxx') });
    await own.replay(workflow);
  });

  test.each(FAILED_CALLS)('that fails by $what is told apart from others', async ({ request, expected }) => {
    const workflow = await own.start('caught', request);
    expect(await workflow.result()).toMatchObject({ ...expected, callId: expect.stringMatching(/^call-/) });
    await own.replay(workflow);
  });

  test('whose id another call has is a ConflictError', async () => {
    const { callId } = await own.holdfast.start(ask('good'));
    expect(await (await own.start('caught', ask('good'), { callId })).result()).toMatchObject({
      kind: 'ConflictError',
      callId,
    });
  });

  test('that fails, and nobody catches it, fails the workflow with its kind', async () => {
    const error = await (await own.start('uncaught', ask('bad'))).result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((error as WorkflowFailedError).cause).toMatchObject({
      type: 'BadRequestError',
      details: [{ kind: 'BadRequestError', status: 400, report: { attempts: 1 } }],
    });
  });

  test('is cancelled by its workflow, with its workflow, and when its workflow ends', async () => {
    const asked = () => own.provider.requestsFor('slow-up').length;
    const ids = ['givesUp', 'caught', 'leaves'].map((name) => `${name}-${randomUUID()}`);
    const [givesUpId = '', caughtId = '', leavesId = ''] = ids;
    const before = asked();
    const givesUp = await own.start('givesUp', ask('slow'), { callId: givesUpId });
    const caught = await own.start('caught', ask('slow'), { callId: caughtId });
    const leaves = await own.start('leaves', ask('slow'), { callId: leavesId });
    await waitFor(() => asked() === before + 3);
    await Promise.all([givesUp.signal('go on'), caught.cancel(), leaves.signal('go on')]);
    expect(await givesUp.result()).toBe('given up');
    await expect(caught.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    await leaves.result();
    for (const id of ids) {
      await expect(own.holdfast.handle(id).result()).rejects.toMatchObject({ kind: 'CancelledError' });
    }
    await own.replay(givesUp);
  });

  test('that somebody else cancels is an error of that kind, and its workflow goes on', async () => {
    const callId = `call-${randomUUID()}`;
    const workflow = await own.start('caught', ask('slow'), { callId });
    await waitFor(
      async () =>
        (
          await own.holdfast
            .handle(callId)
            .describe()
            .catch(() => null)
        )?.state === 'running',
    );
    await own.holdfast.handle(callId).cancel();
    expect(await workflow.result()).toMatchObject({ kind: 'CancelledError', message: `call ${callId} was cancelled` });
  });
});
