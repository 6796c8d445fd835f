import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { CallError, type CallHandle, type ChatCompletionRequest } from '../../src/client.js';
import { searchAttributes } from '../helpers/call-history.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { locate, skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';

const CLI = expect.stringContaining('temporal-cli:');
const PAUSE = { by: CLI, why: 'wait for it' };

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(
    { model_list: [...group('waits'), ...group('held')], router_settings: { ...FAST, num_retries: 3 } },
    { 'waits-up': '429(retry-after=3600)', 'held-up': 'held' },
  );
});
afterAll(() => holdfast.close());

const ask = (model: string): ChatCompletionRequest => ({ model, messages: [{ role: 'user', content: 'Which bird?' }] });

async function waits(handle: CallHandle): Promise<CallHandle> {
  await waitFor(async () => (await handle.describe()).pending?.state === 'waiting', { what: 'the call to wait' });
  return handle;
}
const waiting = async () => waits(await holdfast.client.start(ask('waits')));

async function failureOf(handle: CallHandle): Promise<CallError> {
  const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
  if (error instanceof CallError) return error;
  throw new Error('it did not fail with an error of a call', { cause: error });
}

describe.skipIf(skipWithout('temporal-cli'))("a call on which somebody acts with Temporal's CLI", () => {
  const temporal = (...args: string[]) =>
    promisify(execFile)(locate('temporal-cli') ?? '', [...args, '--address', inject('temporalAddress')]);

  test('terminated: it says by whom and why, with its ledger', async () => {
    const call = await waiting();
    await temporal('workflow', 'terminate', '-w', call.callId, '--reason', 'the wrong prompt');
    const error = await failureOf(call);
    const by = expect.stringMatching(/terminated by temporal-cli:.*: the wrong prompt/);
    expect(error).toMatchObject({ kind: 'CancelledError', message: by });
    expect(error.ledger.entries).toMatchObject([{ kind: 'RateLimitError' }, { outcome: 'note' }]);
    expect(error.ledger.entries[1]?.message).toMatch(/terminated: by temporal-cli:.*: the wrong prompt/);
    expect(await call.inspect()).toMatchObject({
      state: 'terminated',
      now: by,
      stoppedBy: { by: CLI, why: 'the wrong prompt' },
    });
  });

  test('cancelled: it says by whom', async () => {
    const call = await waiting();
    await temporal('workflow', 'cancel', '-w', call.callId);
    const by = expect.stringMatching(/cancelled by temporal-cli:.*: no reason was given/);
    expect(await failureOf(call)).toMatchObject({ kind: 'CancelledError', message: by });
    expect((await call.inspect()).now).toEqual(by);
  });

  test('its workflow paused: that is shown, Updates are refused with the reason, and it goes on after it', async () => {
    const call = await waiting();
    await temporal('workflow', 'pause', '-w', call.callId, '--reason', PAUSE.why);
    expect(await call.inspect()).toMatchObject({
      state: 'running',
      workflowPause: PAUSE,
      now: expect.stringContaining('its workflow is paused by temporal-cli:'),
    });
    await expect(call.act('skip', { by: 'anna', why: 'it hangs' })).rejects.toMatchObject({
      kind: 'ConflictError',
      message: expect.stringContaining('temporal workflow unpause'),
    });
    const listed = async () => {
      for await (const { callId } of holdfast.client.list({
        query: `WorkflowId = "${call.callId}"`,
        state: 'running',
      })) {
        return callId;
      }
      return null;
    };
    await waitFor(listed, { what: 'the call in the list of those that run' });
    await waitFor(async () => (await holdfast.client.stuck()).groups.some(({ state }) => state === 'workflow paused'), {
      what: 'the overview to have it',
    });
    await call.act('cancel', { by: 'anna', why: 'enough' });
    await temporal('workflow', 'unpause', '-w', call.callId);
    expect(await failureOf(call)).toMatchObject({ message: expect.stringContaining('cancelled by anna: enough') });
  });

  test('the time of its group shortened: it says so, and what the last attempt ended with', async () => {
    const { callId } = await waiting();
    const options = ['--schedule-to-close-timeout', '1s'];
    await temporal('activity', 'update-options', '-w', callId, '-a', 'waits', ...options);
    const message = expect.stringMatching(/shortened from outside .*RateLimitError/);
    const error = await failureOf(holdfast.client.handle(callId));
    expect(error).toMatchObject({ kind: 'Timeout', message });
    expect(error.ledger.entries).toMatchObject([{ kind: 'RateLimitError' }, { outcome: 'note', message }]);
  });

  test('started: it has its group and its request in a line', async () => {
    const callId = `by-hand-${randomUUID()}`;
    const input = JSON.stringify({ operation: 'chat.completions', request: ask('waits') });
    await temporal('workflow', 'start', '--type', 'llmCall', '-w', callId, '-t', holdfast.taskQueue, '-i', input);
    const call = await waits(holdfast.client.handle(callId));
    expect(await call.describe()).toMatchObject({ group: 'waits', summary: 'Which bird?' });
    expect(await searchAttributes(callId)).toEqual({ HoldfastGroup: 'waits' });
    await call.cancel();
  });
});
