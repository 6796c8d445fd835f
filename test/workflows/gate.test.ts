import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallError, type CallHandle, type ChatCompletionRequest } from '../../src/client.js';
import type { ActionInput, CallAction } from '../../src/core/call/call-actions.js';
import { connectedTo, runCli } from '../cli/run-cli.js';
import { withClient } from '../helpers/call-history.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';

const NAMES = ['first', 'dear', 'cheap', 'quick', 'strict', 'apart'];

const CONFIG = {
  model_list: NAMES.flatMap((name) => group(name)),
  router_settings: {
    ...FAST,
    num_retries: 0,
    fallbacks: [{ first: ['dear', 'cheap'] }, { apart: ['dear'] }],
    fallback_approval: { groups: ['dear'], timeout: 3600 },
  },
};

const SCRIPT = { 'first-up': '503', 'apart-up': '429', 'dear-up': 'ok', 'cheap-up': 'ok', 'quick-up': 'ok' };

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, SCRIPT);
});
afterAll(() => holdfast.close());

const ask = (model: string, settings: object = {}): ChatCompletionRequest => ({
  model,
  messages: [{ role: 'user', content: `Which bird is this? ${randomUUID()}` }],
  ...settings,
});

const act = (handle: CallHandle, action: CallAction, more: Partial<ActionInput> = {}) =>
  handle.act(action, { by: 'anna@desk', why: 'a test', ...more });

const inState = (handle: CallHandle, state: string) =>
  waitFor(
    async () => {
      const { pending } = await handle.describe();
      return pending?.state === state && (pending.progress !== null || state !== 'gated');
    },
    { what: `the call to be ${state}` },
  );

/** A call at the gate before its fallback. */
async function gated(model = 'first', settings: object = {}, { client }: TestHoldfast = holdfast): Promise<CallHandle> {
  const handle = await client.start(ask(model, settings));
  await inState(handle, 'gated');
  return handle;
}

async function failureOf(handle: CallHandle): Promise<CallError> {
  const error = await handle.result().catch((reason: unknown) => reason);
  if (error instanceof CallError) return error;
  throw new Error('the call answered', { cause: error });
}

const BY = 'by anna@desk: a test; charged to no budget';
const WAITS = /^waits for approve or deny of the fallback from first, until .*: then deny$/;

describe('a call at the gate before a fallback', () => {
  test('is seen: what it waits for, since which error, until when', async () => {
    const handle = await gated();
    const { group: name, pending, now, ledger } = await handle.inspect();
    expect({ name, pending }).toMatchObject({
      name: 'dear',
      pending: {
        group: 'dear',
        state: 'gated',
        isGate: true,
        progress: { gate: { from: 'first', onTimeout: 'deny' } },
      },
    });
    expect(now).toMatch(/^group dear is not asked yet: the call waits for approve or deny of the fallback from first/);
    expect(ledger.entries).toMatchObject([
      { group: 'first', kind: 'ServiceUnavailableError' },
      { group: 'dear', outcome: 'note', message: expect.stringMatching(WAITS) },
    ]);
    await waitFor(async () => {
      const { groups } = await holdfast.client.stuck();
      return groups.find(({ state, oldestId }) => state === 'gated' && oldestId === handle.callId);
    });
    const listed = async (gate: string) => {
      const ids: string[] = [];
      for await (const { callId } of holdfast.client.list({ gate, kind: 'ServiceUnavailableError' })) ids.push(callId);
      return ids;
    };
    await waitFor(async () => (await listed('dear')).includes(handle.callId), { what: 'the list to have it' });
    expect(await listed('cheap')).not.toContain(handle.callId);
    await handle.cancel();
  });

  test('is approved: the fallback follows, and the ledger says who and why', async () => {
    const handle = await gated();
    await act(handle, 'approve');
    const { report } = await handle.result();
    expect(report).toMatchObject({ group: 'dear', fallbacks: 1, attempts: 2 });
    expect(report.ledger.entries).toMatchObject([
      { group: 'first', attempt: 1 },
      { group: 'dear', message: expect.stringMatching(WAITS) },
      { group: 'dear', message: `approve ${BY}` },
      { group: 'dear', attempt: 1, outcome: 'answered' },
    ]);
    expect(await handle.inspect()).toMatchObject({ ledger: report.ledger });
  });

  test.each(['deny', 'skip'] as const)(
    '%s: the group is passed over, and is no fallback of the call',
    async (action) => {
      const handle = await gated('first', { max_fallbacks: 1 });
      await act(handle, action);
      const { report } = await handle.result();
      expect(report).toMatchObject({ group: 'cheap', fallbacks: 1, attempts: 2 });
      expect(report.ledger.entries.map(({ message }) => message)).toContain(`${action} ${BY}`);
    },
  );

  test('is denied its only fallback: it fails with the error before', async () => {
    const handle = await gated('apart');
    await act(handle, 'deny');
    const error = await failureOf(handle);
    expect(error).toMatchObject({ kind: 'RateLimitError', report: { group: 'apart', fallbacks: 0 } });
    expect(error.ledger.entries.at(-1)).toMatchObject({ message: `deny ${BY}` });
    expect(await handle.describe()).toMatchObject({ group: 'apart' });
  });

  test.each([
    ['the group of the gate', 'dear', 0],
    ['another one', 'quick', 0],
  ])('use: it goes on in %s, which nobody is asked for', async (_what, name, fallbacks) => {
    const handle = await gated();
    await act(handle, 'use', { group: name });
    expect((await handle.result()).report).toMatchObject({ group: name, fallbacks, attempts: 2 });
  });

  test('is answered by hand', async () => {
    const handle = await gated();
    const response = { id: 'by-hand', choices: [] };
    await act(handle, 'answer', { response });
    expect(await handle.result()).toMatchObject({ response, report: { group: 'first', fallbacks: 0, attempts: 1 } });
  });

  test('is failed by hand', async () => {
    const handle = await gated();
    await act(handle, 'fail');
    const message = 'the call was failed by anna@desk: a test';
    expect(await failureOf(handle)).toMatchObject({ kind: 'InternalServerError', message, report: { fallbacks: 0 } });
  });

  test('is cancelled, and its ledger has the gate', async () => {
    const handle = await gated();
    await act(handle, 'cancel');
    const error = await failureOf(handle);
    expect(error).toMatchObject({ kind: 'CancelledError' });
    expect(error.ledger.entries).toMatchObject([
      { group: 'first' },
      { message: expect.stringMatching(WAITS) },
      { message: `cancel ${BY}` },
    ]);
  });

  test('is terminated by Temporal’s own means, and its ledger has the gate', async () => {
    const handle = await gated();
    await withClient(({ workflow }) => workflow.getHandle(handle.callId).terminate('an outage'));
    const error = await failureOf(handle);
    expect(error.ledger.entries).toMatchObject([
      { group: 'first' },
      { message: expect.stringMatching(WAITS) },
      { message: expect.stringMatching(/^terminated: by .*: an outage/) },
    ]);
  });

  test('is paused and resumed: then it waits on', async () => {
    const handle = await gated();
    await act(handle, 'pause');
    await inState(handle, 'paused');
    const message = expect.stringContaining('approve is not for a call that is paused');
    await expect(act(handle, 'approve')).rejects.toMatchObject({ kind: 'ConflictError', message });
    await act(handle, 'resume');
    await inState(handle, 'gated');
    await act(handle, 'pause');
    await act(handle, 'retry-now');
    await inState(handle, 'gated');
    await act(handle, 'approve');
    expect((await handle.result()).report).toMatchObject({ group: 'dear', attempts: 2 });
  });

  test.each(['retry-now', 'resume'] as const)('refuses %s, and says why', async (action) => {
    const handle = await gated();
    const message = expect.stringContaining(`${action} is not for a call that waits at the gate before a fallback`);
    await expect(act(handle, action)).rejects.toMatchObject({ kind: 'ConflictError', message });
    await handle.cancel();
  });

  test('has more time: it waits on after its first deadline, and ends at the second', TIMED, async () => {
    const handle = await gated('first', { timeout: 6 });
    await act(handle, 'extend', { seconds: 2 });
    const error = await failureOf(handle);
    expect(error).toMatchObject({ kind: 'Timeout', status: 408, report: { fallbacks: 0 } });
    expect(error.message).toContain('the timeout of the call, 8 s');
    expect(error.ledger.entries.at(-1)).toMatchObject({
      message: 'nobody said approve or deny before the deadline of the call',
    });
  });

  test('many are found by the gate, from the command line', async () => {
    const calls = await Promise.all([gated('apart'), gated('apart')]);
    const [one, two] = calls.map(({ callId }) => `"${callId}"`);
    const query = `WorkflowId IN (${one}, ${two})`;
    await waitFor(
      async () => {
        const found: string[] = [];
        for await (const { callId } of holdfast.client.list({ gate: 'dear', query })) found.push(callId);
        return found.length === 2;
      },
      { what: 'the list to have both' },
    );
    const args = ['approve', '--gate', 'dear', '--query', query, '--why', 'a test', '--yes'];
    const { stdout } = await runCli(connectedTo(holdfast.taskQueue, args));
    expect(stdout).toBe('approve: 2 calls took it\n');
    for (const call of calls) expect((await call.result()).report).toMatchObject({ group: 'dear' });
  });

  test('a call that waits for no word takes none', async () => {
    holdfast.provider.setScript({ ...SCRIPT, 'strict-up': '429(retry-after=3600)' });
    const handle = await holdfast.client.start(ask('strict', { num_retries: 1 }));
    await inState(handle, 'waiting');
    const message = expect.stringContaining('approve is not for a call that waits for the time of its next attempt');
    await expect(act(handle, 'approve')).rejects.toMatchObject({ kind: 'ConflictError', message });
    await handle.cancel();
  });

  test('two words at once: one is taken, the other one refused', async () => {
    const handle = await gated();
    const ends = await Promise.allSettled([act(handle, 'approve'), act(handle, 'deny')]);
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await handle.result();
  });

  test('is ended by Temporal’s own means: what the config says holds', async () => {
    const handle = await gated('apart');
    await withClient(async ({ workflowService, options: { namespace } }) => {
      const target = { namespace, execution: { workflowId: handle.callId }, identity: 'operator' };
      await workflowService.updateActivityOptions({
        ...target,
        id: 'dear',
        activityOptions: { retryPolicy: { maximumAttempts: 1 } },
        updateMask: { paths: ['retry_policy.maximum_attempts'] },
      });
      await workflowService.resetActivity({ ...target, id: 'dear' });
    });
    const error = await failureOf(handle);
    expect(error).toMatchObject({ kind: 'RateLimitError' });
    expect(error.ledger.entries.at(-1)?.message).toMatch(
      /^the gate was ended from outside \(waits for .*\): nobody said approve or deny: denied/,
    );
  });
});

describe('a config that is another one', () => {
  test.each([
    ['approve', 'dear', 'approved'],
    ['deny', 'cheap', 'denied'],
  ])('nobody says a word in time: %s', async (word, served, told) => {
    const approval = { groups: ['dear'], timeout: 0.2, on_timeout: word };
    const own = { ...CONFIG, router_settings: { ...CONFIG.router_settings, fallback_approval: approval } };
    const stage = await openHoldfast(own, SCRIPT);
    const { report } = await (await stage.client.start(ask('first'))).result();
    expect(report).toMatchObject({ group: served, fallbacks: 1 });
    expect(report.ledger.entries.map(({ message }) => message)).toContain(
      `nobody said approve or deny: ${told} (fallback_approval, on_timeout)`,
    );
    await stage.close();
  });

  test('planned anew under a config that asks for nothing, the call goes on', async () => {
    const stage = await openHoldfast(CONFIG, SCRIPT);
    const handle = await gated('first', {}, stage);
    const { fallback_approval: _, ...open } = CONFIG.router_settings;
    await stage.replaceWorker({ ...CONFIG, router_settings: open });
    await act(handle, 'replan');
    expect((await handle.result()).report).toMatchObject({ group: 'dear', fallbacks: 1, attempts: 2 });
    await stage.close();
  });
});
