import { describe, expect, test } from 'vitest';
import { CallError, type CallHandle } from '../../src/client.js';
import type { ActionInput, CallAction } from '../../src/core/call/call-actions.js';
import type { CallReport } from '../../src/core/call/call-types.js';
import { group } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';
import { withForwardedWorker } from './forwarded-worker.js';

const CONFIG = {
  model_list: [...group('waits'), ...group('hangs'), ...group('spare'), ...group('apart')],
  router_settings: { num_retries: 1, max_retry_delay: 3600, fallbacks: [{ hangs: ['spare'] }] },
};
const SCRIPT = { 'waits-up': '429(retry-after=3600)', 'hangs-up': 'hang', 'spare-up': 'ok', 'apart-up': 'ok' };

/** What a worker tells of a workflow task in which somebody acted: it looked at the group, and planned. */
const TOLD = 'core_local_activity';

const ANSWER = { id: 'by-hand', choices: [] };

/** What is done to calls that wait, and their ends. `then`: what is done to it for its end. */
const ACTIONS: readonly (readonly [CallAction, Partial<ActionInput>, object, then?: CallAction])[] = [
  ['retry-now', {}, { report: { group: 'waits', attempts: 2, retries: 1 } }],
  ['use', { group: 'apart' }, { report: { group: 'apart', attempts: 2 } }],
  ['skip', {}, { kind: 'RateLimitError', report: { attempts: 1 } }],
  ['answer', { response: ANSWER }, { response: ANSWER }],
  ['fail', {}, { kind: 'InternalServerError' }],
  ['cancel', {}, { kind: 'CancelledError' }],
  ['pause', {}, { kind: 'RateLimitError' }, 'skip'],
  ['extend', { retries: 1 }, { kind: 'RateLimitError' }, 'skip'],
  ['replan', {}, { kind: 'RateLimitError', report: { attempts: 1 } }, 'skip'],
];

const who = { by: 'anna', why: 'an outage' };

describe('a worker that is killed while somebody acts on its calls', () => {
  const its = withForwardedWorker(CONFIG, SCRIPT);

  const inState = (handle: CallHandle, state: string) =>
    waitFor(async () => (await handle.describe()).pending?.state === state, { what: `the call to be ${state}` });
  const start = async (model: string, state: string) => {
    const handle = await its.stage.client.start({
      model,
      messages: [{ role: 'user', content: 'Which bird is this?' }],
    });
    await inState(handle, state);
    return handle;
  };
  /** Whoever acts is told that it was taken, or that no worker has taken it yet: then one does later. */
  const act = async (handle: CallHandle, action: CallAction, more: Partial<ActionInput> = {}) => {
    const error = await handle.act(action, { ...who, ...more }).catch((reason: unknown) => reason);
    const later = { kind: 'Timeout', message: expect.stringContaining('it is taken when one does') };
    expect(error ?? later).toMatchObject(later);
    await waitFor(async () => (await acts(handle)).includes(action), { what: `${action} to be in the ledger` });
  };
  /** What its ledger says of who acted. A cancellation that no worker took in time was asked for without one. */
  const acts = async (handle: CallHandle) =>
    (await handle.inspect()).ledger.entries.flatMap(({ message = '' }) => {
      const [, action] = /^(cancel(?=led:)|[a-z-]+).* by anna: an outage;/.exec(message) ?? [];
      return action === undefined ? [] : [action];
    });
  const endOf = async (handle: CallHandle): Promise<object> => {
    const end = await handle.result().catch((error: unknown) => error);
    return end instanceof CallError ? end : (end as { report: CallReport });
  };

  test.each([
    ['before the server has it', 'requests'],
    ['when the server has it, and the worker has not heard of that', 'responses'],
  ] as const)('%s: each action is done once, stands in the ledger once, and its sender is told', async (_when, way) => {
    const handles = await Promise.all(ACTIONS.map(() => start('waits', 'waiting')));
    its.stage.provider.setScript({ ...SCRIPT, 'waits-up': 'ok' });
    const held = its.forwarder.holdFrom(TOLD, way);
    const acting = ACTIONS.map(async ([action, more], index) => act(handles[index]!, action, more));
    await held;
    await its.worker.kill();
    await its.stage.workHere();
    await Promise.all(acting);
    const ends = ACTIONS.map(async ([action, _more, end, then], index) => {
      const handle = handles[index]!;
      if (then !== undefined) await act(handle, then);
      expect(await endOf(handle)).toMatchObject(end);
      expect(await acts(handle)).toEqual(then === undefined ? [action] : [action, then]);
    });
    await Promise.all(ends);
    // Once for each call, and once for the two that were asked again, here and there.
    expect(its.stage.provider.callCount('waits-up')).toBe(ACTIONS.length + 1);
    expect(its.stage.provider.callCount('apart-up')).toBe(1);
  });

  test('with an attempt in flight: it is lost with the worker, and the call goes on as it was told', async () => {
    const handle = await start('hangs', 'asking');
    // It is told before the request is there.
    await waitFor(() => its.stage.provider.callCount('hangs-up') === 1, { what: 'the provider to be asked' });
    const held = its.forwarder.holdFrom(TOLD, 'responses');
    const acting = act(handle, 'skip');
    await held;
    await its.worker.kill();
    await its.stage.workHere();
    await acting;
    expect(await endOf(handle)).toMatchObject({ report: { group: 'spare', retries: 0 } });
    expect(await acts(handle)).toEqual(['skip']);
    expect(its.stage.provider.callCount('hangs-up')).toBe(1);
  });
});
