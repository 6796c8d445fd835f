import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectedTo, runCli } from '../cli/run-cli.js';
import { withClient } from '../helpers/call-history.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { group } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const MASTER_KEY = 'sk-master-of-forget-0123456789';

const CONFIG = {
  model_list: [...group('good'), ...group('limited')],
  router_settings: { max_retry_delay: 3600 },
  general_settings: { master_key: MASTER_KEY, api_keys: [{ id: 'team', sha256: '1'.repeat(64) }] },
  // Nobody listens there.
  webhooks: [{ name: 'ops', url: 'http://127.0.0.1:9/', secret: `whsec_${Buffer.alloc(32).toString('base64')}` }],
};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway(CONFIG, { 'good-up': 'ok', 'limited-up': '429(retry-after=3600)' });
});
afterAll(() => gateway.close());

const ask = (model: string) => ({ model, messages: [{ role: 'user' as const, content: `Hello ${randomUUID()}` }] });

async function answered(options: { readonly webhook?: string } = {}): Promise<string> {
  const handle = await gateway.client.start(ask('good'), options);
  await handle.result();
  return handle.callId;
}

/** The server deletes by and by: of a call that has just ended after half a minute, so only one is waited for. */
const isGone = (workflowId: string) =>
  waitFor(
    () =>
      withClient((client) => client.workflow.getHandle(workflowId).describe()).then(
        () => false,
        (error: unknown) => error instanceof WorkflowNotFoundError,
      ),
    { what: `${workflowId} to be gone` },
  );

describe('a call that is forgotten', () => {
  test('is gone, with every run of it and its messages that nobody has taken', async () => {
    const callId = await answered({ webhook: 'ops' });
    const { runId } = await gateway.client.handle(callId).describe();
    const messageId = `webhook-evt_${runId}-1-ops`;
    await waitFor(
      async () => {
        const query = `ParentWorkflowId = "${callId}"`;
        return (await withClient((client) => client.workflow.count(query))).count === 1;
      },
      { what: 'the list to have the message' },
    );
    expect(await gateway.client.handle(callId).forget()).toEqual({ callId, workflows: 2 });
    await isGone(callId);
    await isGone(messageId);
  });

  test('must be over', async () => {
    const handle = await gateway.client.start({ ...ask('limited'), timeout: 100_000 });
    const message = `call ${handle.callId} is running: cancel it, then forget it`;
    await expect(handle.forget()).rejects.toMatchObject({ kind: 'ConflictError', message });
    await handle.cancel();
    await handle.result().catch(() => undefined);
    expect(await handle.forget()).toMatchObject({ workflows: 1 });
  });

  test('must be there', async () => {
    const handle = gateway.client.handle(`none-${randomUUID()}`);
    await expect(handle.forget()).rejects.toMatchObject({ kind: 'NotFoundError' });
  });

  test('by the command line, which asks first', async () => {
    const callId = await answered();
    const run = (args: readonly string[]) => runCli(connectedTo(gateway.taskQueue, args));
    expect((await run(['forget', callId])).stderr).toContain(`forget call ${callId}, for good? Say --yes`);
    expect(await run(['forget', callId, '--yes'])).toMatchObject({
      code: 0,
      stdout: `call ${callId} is forgotten (workflows deleted: 1)\n`,
    });
  });

  test('over HTTP, with the master key, and a line of the log', async () => {
    const callId = await answered();
    const post = (key: string) =>
      fetch(`${gateway.url}/holdfast/calls/${callId}/forget`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ by: 'anna', why: 'a request under the GDPR' }),
      });
    expect((await post('sk-nobody')).status).toBe(401);
    const response = await post(MASTER_KEY);
    expect([response.status, await response.json()]).toEqual([200, { callId, workflows: 1 }]);
    const line = gateway.logged.find((each) => each.includes('"audit":"forget"'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ by: 'anna', callId, refused: null });
  });
});
