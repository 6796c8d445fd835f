import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANYBODY } from '../../src/gateway/callers.js';
import { idempotencyHash } from '../../src/gateway/idempotency-key.js';
import { withClient } from '../helpers/call-history.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

let gateway: TestGateway;
beforeAll(async () => {
  const config = { model_list: group('waits'), router_settings: { ...FAST, num_retries: 3 } };
  gateway = await openGateway(config, { 'waits-up': '429(retry-after=3600)' });
});
afterAll(() => gateway.close());

interface ErrorAnswer {
  readonly error: { readonly message: string; readonly kind: string };
}

/** A request whose answer is waited for, and the call that it began. */
async function waiting(stream: boolean) {
  const headers = { 'idempotency-key': `key-${randomUUID()}` };
  const callId = `call-${idempotencyHash(headers, ANYBODY)?.slice(0, 40)}`;
  const messages = [{ role: 'user', content: 'Which bird?' }];
  const answer = gateway.fetch('/v1/chat/completions', { json: { model: 'waits', messages, stream }, headers });
  const handle = gateway.client.handle(callId);
  const isWaiting = async () => (await handle.describe().catch(() => null))?.pending?.state === 'waiting';
  await waitFor(isWaiting, { what: 'the call to wait' });
  return { callId, isStream: stream, answer };
}

/** As `temporal activity update-options --schedule-to-close-timeout 1s` does. */
const shorten = (client: Client, workflowId: string) =>
  client.workflowService.updateActivityOptions({
    namespace: client.options.namespace,
    execution: { workflowId },
    id: 'waits',
    activityOptions: { scheduleToCloseTimeout: msToTs(1000) },
    updateMask: { paths: ['schedule_to_close_timeout'] },
  });
const FAILED = { outcome: 'failed', kind: 'RateLimitError' };
const byWhom = (why: string) => new RegExp(` by .+: ${why}$`);

test.each<{
  what: string;
  end: (client: Client, callId: string) => Promise<unknown>;
  state: string;
  kind: string;
  status: number;
  message: RegExp;
  entries: readonly object[];
}>([
  {
    what: 'terminated',
    end: (client, callId) => client.workflow.getHandle(callId).terminate('the wrong prompt'),
    state: 'terminated',
    kind: 'CancelledError',
    status: 499,
    message: byWhom('the wrong prompt'),
    entries: [FAILED, { outcome: 'note', message: expect.stringContaining('terminated: by ') }],
  },
  {
    what: 'cancelled',
    end: (client, callId) => client.workflow.getHandle(callId).cancel(),
    state: 'cancelled',
    kind: 'CancelledError',
    status: 499,
    message: byWhom('no reason was given'),
    entries: [FAILED],
  },
  {
    what: 'limited to a shorter time',
    end: shorten,
    state: 'failed',
    kind: 'Timeout',
    status: 408,
    message: /shortened from outside .*RateLimitError/,
    entries: [FAILED, { outcome: 'note', message: expect.stringContaining('shortened from outside') }],
  },
])('whoever waits for a call that is $what past Holdfast is told so, and whoever looks later', async (how) => {
  const calls = await Promise.all([waiting(false), waiting(true)]);
  await withClient((client) => Promise.all(calls.map(({ callId }) => how.end(client, callId))));
  for (const { callId, isStream, answer } of calls) {
    const response = await answer;
    const text = await response.text();
    // The head of a stream that nothing has come of yet may be out.
    const { error } = JSON.parse(isStream ? text.slice(text.indexOf('{')) : text) as ErrorAnswer;
    if (!isStream) expect(response.status).toBe(how.status);
    expect(error).toMatchObject({ kind: how.kind, message: expect.stringMatching(how.message) });

    const look = (await (await gateway.fetch(`/holdfast/calls/${callId}`)).json()) as ErrorAnswer & { now: string };
    expect(look).toMatchObject({ state: how.state, error: { kind: how.kind, message: error.message } });
    expect(look.now).toMatch(how.message);
    expect(look).toMatchObject({ ledger: { entries: how.entries } });

    const events = await (await gateway.fetch(`/holdfast/calls/${callId}/events`)).text();
    const end = JSON.parse(events.slice(events.lastIndexOf('data: ') + 'data: '.length)) as { now: string };
    expect(end).toMatchObject({ state: how.state, now: look.now });
  }
});
