import { afterAll, beforeAll, expect, test } from 'vitest';
import { CallError, type CallHandle } from '../../src/client.js';
import type { ActionInput, CallAction } from '../../src/core/call/call-actions.js';
import { openStage, type Stage } from '../e2e/environment.js';
import { startAsRecorded } from '../helpers/recorded-start.js';
import { waitFor } from '../helpers/wait-for.js';
import { CONFIG, SCRIPT } from './shapes.js';

/** Recorded before there were actions. The call waits for an hour after its first attempt. */
const BEFORE_ACTIONS = new URL('histories/llm-call-cancel-waiting-0.1.0.json', import.meta.url);

const CONFIG_OF_TODAY = {
  model_list: CONFIG.model_list.map((entry) =>
    // By the id that it had then.
    entry.model_name === 'limited' ? { ...entry, model_info: { id: 'limited#1/limited-up' } } : entry,
  ),
  // Each waits by itself: one that is retried must not bring back those that wait for the end of a cooldown.
  router_settings: { ...CONFIG.router_settings, disable_cooldowns: true },
};

type Act = (action: CallAction, more?: Partial<ActionInput>) => Promise<void>;

interface Case {
  readonly does: (act: Act, handle: CallHandle) => Promise<void>;
  /** How the call ends. */
  readonly end: object;
}

const ANSWER = { id: 'by-hand', choices: [] };

const CASES = {
  'is paused, resumed, and retried now': {
    does: async (act, handle) => {
      await act('pause');
      await inState(handle, 'paused');
      await act('resume');
      await inState(handle, 'waiting');
      await act('retry-now');
    },
    end: { report: { group: 'limited', attempts: 2, retries: 1 } },
  },
  'gives its group up': { does: (act) => act('skip'), end: { kind: 'RateLimitError', report: { attempts: 1 } } },
  'goes on in a group that its plan has not': {
    does: (act) => act('use', { group: 'good' }),
    end: { report: { group: 'good', attempts: 2, fallbacks: 0 } },
  },
  'has more retries': {
    does: async (act) => {
      await act('extend', { retries: 2 });
      await act('extend', { retries: 1, field: 'RateLimitErrorRetries' });
      await act('retry-now');
    },
    end: { report: { group: 'limited', attempts: 2 } },
  },
  'is planned anew': {
    does: async (act, handle) => {
      await act('replan');
      await inState(handle, 'waiting');
      await act('retry-now');
    },
    end: { report: { group: 'limited', attempts: 2, retries: 1 } },
  },
  'is answered by hand': { does: (act) => act('answer', { response: ANSWER }), end: { response: ANSWER } },
  'is failed by hand': { does: (act) => act('fail'), end: { kind: 'InternalServerError' } },
  'is cancelled': { does: (act) => act('cancel'), end: { kind: 'CancelledError' } },
  'says why it takes no others': {
    does: async (act) => {
      await expect(act('extend', { seconds: 60 })).rejects.toThrow('the call has no timeout');
      await expect(act('approve')).rejects.toThrow('approve is not for a call that waits for the time of its next');
      await expect(act('resume')).rejects.toThrow('resume is not for a call that waits');
      await act('skip');
    },
    end: { kind: 'RateLimitError' },
  },
} satisfies Record<string, Case>;

let stage: Stage;
/** Each begun by a worker of then, before a worker of today is there. */
const calls = new Map<string, CallHandle>();

beforeAll(async () => {
  stage = await openStage(CONFIG_OF_TODAY, { ...SCRIPT, 'limited-up': '429(retry-after=3600)' });
  for (const name of Object.keys(CASES)) {
    calls.set(name, stage.client.handle(await startAsRecorded(BEFORE_ACTIONS, stage.taskQueue)));
  }
  await stage.workHere();
  for (const call of calls.values()) {
    await waitFor(async () => (await call.describe()).pending?.progress?.decided, { what: 'its first attempt to end' });
    await inState(call, 'waiting');
  }
  stage.provider.setScript({ ...SCRIPT, 'limited-up': 'ok' });
});
afterAll(() => stage.close());

function inState(handle: CallHandle, state: string): Promise<unknown> {
  return waitFor(async () => (await handle.describe()).pending?.state === state, { what: `the call to be ${state}` });
}

test.each(Object.entries<Case>(CASES))(
  'a call that began before there were actions, and waits, %s',
  async (name, { does, end }) => {
    const handle = calls.get(name);
    if (handle === undefined) throw new Error('it was not begun');
    const done: CallAction[] = [];
    const act: Act = async (action, more) => {
      await handle.act(action, { by: 'anna', why: 'an outage', ...more });
      done.push(action);
    };
    await does(act, handle);
    const ended = await handle.result().catch((error: unknown) => {
      if (error instanceof CallError) return error;
      throw error;
    });
    expect(ended).toMatchObject(end);
    const { ledger } = await handle.inspect();
    const told = ledger.entries.map(({ message = '' }) => /^([a-z-]+).* by anna: an outage;/.exec(message)?.[1]);
    expect(told.filter(Boolean)).toEqual(done);
  },
);
