import { beforeEach, describe, expect, test } from 'vitest';
import type { CallHandle } from '../../src/client.js';
import { group } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';
import { withForwardedWorker } from './forwarded-worker.js';

const CONFIG = {
  model_list: [...group('good'), ...group('hangs-once'), ...group('hangs-then-fails')],
  router_settings: { num_retries: 1, max_retry_delay: 0.1 },
};
const SCRIPT = { 'good-up': 'ok', 'hangs-once-up': 'hang,ok', 'hangs-then-fails-up': 'hang,500,ok' };

/** What only the request has that answers a first workflow task. */
const FIRST_TASK_ANSWER = 'core_local_activity';

/** A worker makes no first attempt in a first workflow task before so many activities came to it. */
const CALLS_BEFORE = 20;

/**
 * A worker that makes the first attempts of calls in their first workflow tasks. It reaches the Temporal server through a
 * forwarder, and is killed; another one goes on.
 */
describe('a worker that makes the first attempt of a call, killed', TIMED, () => {
  const its = withForwardedWorker(CONFIG, SCRIPT);
  beforeEach(async () => {
    await Promise.all(Array.from({ length: CALLS_BEFORE }, async () => (await start('good')).result()));
    its.stage.provider.reset();
  });

  const start = (model: string): Promise<CallHandle> =>
    its.stage.client.start({ model, messages: [{ role: 'user', content: 'Which bird is this?' }] });
  const asked = (model: string): number => its.stage.provider.callCount(`${model}-up`);
  const pending = async (handle: CallHandle) => (await handle.describe()).pending;

  /** Kills the worker; another one brings the call to its end. */
  const outcome = async (handle: CallHandle, model: string) => {
    await its.worker.kill();
    await its.stage.workHere();
    const { report } = await handle.result();
    const ledger = report.ledger.entries.map(({ outcome: how }) => how);
    return { asked: asked(model), ledger, retries: report.retries };
  };

  test('while the provider is asked: the lost attempt is charged to no budget', async () => {
    const handle = await start('hangs-then-fails');
    await waitFor(() => asked('hangs-then-fails') === 1);
    expect(await pending(handle)).toBe(null);
    expect(await outcome(handle, 'hangs-then-fails')).toEqual({
      asked: 3,
      ledger: ['lost', 'failed', 'answered'],
      retries: 1,
    });
  });

  test('after the answer of the provider, before the server has it', async () => {
    const held = its.forwarder.holdFrom(FIRST_TASK_ANSWER, 'requests');
    const handle = await start('good');
    await held;
    expect(asked('good')).toBe(1);
    expect(await outcome(handle, 'good')).toEqual({ asked: 2, ledger: ['lost', 'answered'], retries: 0 });
  });

  test('after the server has the answer', async () => {
    const held = its.forwarder.holdFrom(FIRST_TASK_ANSWER, 'responses');
    const handle = await start('good');
    await held;
    expect(await outcome(handle, 'good')).toEqual({ asked: 1, ledger: ['answered'], retries: 0 });
  });

  test.each([
    ['before the server has it', 'requests', null],
    ['when the server has it and the worker has not heard of that', 'responses', 'hangs-once'],
  ] as const)('at the hand-over, %s', async (_when, way, scheduled) => {
    const held = its.forwarder.holdFrom(FIRST_TASK_ANSWER, way);
    const handle = await start('hangs-once');
    await held;
    if (scheduled === null) expect(await pending(handle)).toBe(null);
    else expect(await waitFor(() => pending(handle))).toMatchObject({ group: scheduled });
    expect(await outcome(handle, 'hangs-once')).toEqual({ asked: 2, ledger: ['lost', 'answered'], retries: 0 });
  });

  test('after the hand-over, while the attempt goes on in its activity', async () => {
    const handle = await start('hangs-then-fails');
    await waitFor(async () => (await pending(handle))?.progress?.inFlight ?? null);
    expect(asked('hangs-then-fails')).toBe(1);
    expect(await outcome(handle, 'hangs-then-fails')).toEqual({
      asked: 3,
      ledger: ['lost', 'failed', 'answered'],
      retries: 1,
    });
  });
});
