import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { Worker } from '@temporalio/worker';
import { HandOvers } from '../../src/activities/hand-overs.js';
import type { CallHandle, ChatCompletionRequest } from '../../src/client.js';
import type { Script } from '../../src/mock-provider/index.js';
import { eventNames, historyJson } from '../helpers/call-history.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';

const CONFIG = {
  model_list: [
    ...group('good'),
    ...group('flaky'),
    ...group('broken'),
    ...group('lasting'),
    ...group('lasts-and-fails'),
    ...group('hanging'),
    ...group('hangs-once'),
    ...group('large'),
  ],
  router_settings: { ...FAST, num_retries: 1, fallbacks: [{ broken: ['good'] }], model_group_alias: { best: 'good' } },
};

const SCRIPT: Script = {
  'good-up': 'ok',
  'flaky-up': '500,ok',
  'broken-up': '400',
  'lasting-up': 'held',
  'lasts-and-fails-up': [{ hold: true, status: 500 }, {}],
  'hanging-up': 'hang',
  'hangs-once-up': 'hang,ok',
  'large-up': 'large(800000)',
};

/** Every first attempt is made in the first workflow task, and goes on in its activity soon. */
const SOON = { proof: 0, holdMs: 400 };
/** It stays in the first workflow task for as long as one of these tests. */
const NEVER = { proof: 0, holdMs: 60_000 };

let holdfast: TestHoldfast;
let handingOver: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, SCRIPT, { firstTask: NEVER });
  handingOver = await openHoldfast(CONFIG, SCRIPT, { firstTask: SOON });
});
beforeEach(() => {
  for (const { provider } of [holdfast, handingOver]) {
    provider.reset();
    provider.setScript(SCRIPT);
  }
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await holdfast.close();
  await handingOver.close();
});

const ask = (model: string, settings: object = {}): ChatCompletionRequest => ({
  model,
  messages: [{ role: 'user', content: 'Which bird is this?' }],
  ...settings,
});

const asked = ({ provider }: TestHoldfast, model: string): number => provider.callCount(`${model}-up`);

const FIRST_TASK = [
  'WorkflowExecutionStarted',
  'WorkflowTaskScheduled',
  'WorkflowTaskStarted',
  'WorkflowTaskCompleted',
  'MarkerRecorded',
];
const GROUP = [
  'ActivityTaskScheduled',
  'ActivityTaskStarted',
  'ActivityTaskCompleted',
  'WorkflowTaskScheduled',
  'WorkflowTaskStarted',
  'WorkflowTaskCompleted',
];

/** The events of a call, which replays under the workflow's code. */
async function eventsOf({ callId }: CallHandle): Promise<string[]> {
  const history = JSON.parse(await historyJson(callId)) as object;
  await Worker.runReplayHistory({ workflowBundle: { codePath: inject('workflowBundlePath') } }, history, callId);
  return eventNames(callId);
}

const outcomes = async (handle: CallHandle): Promise<string[]> => {
  const { ledger } = await handle.inspect();
  return ledger.entries.map(({ group: its, outcome, kind }) => [its, outcome, kind].filter(Boolean).join(' '));
};

/** Waits until an attempt goes on in its activity. */
const inActivity = async (handle: CallHandle) =>
  waitFor(async () => (await handle.describe()).pending?.progress?.inFlight ?? null, { what: 'the hand-over' });

// On a machine that stalls, the server gives a task again.
describe('a worker makes the first attempt of a call in its first workflow task', TIMED, () => {
  test('an answer ends the call with that task', async () => {
    const handle = await holdfast.client.start(ask('good'));
    const { response, report } = await handle.result();
    expect(response.choices[0]?.message.content).toBe('Echo: Which bird is this?');
    expect(report).toMatchObject({ group: 'good', attempts: 1, retries: 0 });
    expect(await eventsOf(handle)).toEqual([...FIRST_TASK, 'WorkflowExecutionCompleted']);
    expect(await outcomes(handle)).toEqual(['good answered']);
    expect(asked(holdfast, 'good')).toBe(1);
  });

  test('an alias is listed as its group', async () => {
    const handle = await holdfast.client.start(ask('best'));
    await handle.result();
    expect(await eventsOf(handle)).toEqual([
      ...FIRST_TASK,
      'UpsertWorkflowSearchAttributes',
      'WorkflowExecutionCompleted',
    ]);
  });

  test('a failure leaves the call to the activity of its group', async () => {
    const handle = await holdfast.client.start(ask('flaky'));
    const { report } = await handle.result();
    expect(report).toMatchObject({ attempts: 2, retries: 1, groupRetries: 1, groupMaxRetries: 1 });
    expect(await outcomes(handle)).toEqual(['flaky failed InternalServerError', 'flaky answered']);
    expect(await eventsOf(handle)).toEqual([
      ...FIRST_TASK,
      ...GROUP,
      'UpsertWorkflowSearchAttributes',
      'WorkflowExecutionCompleted',
    ]);
    expect(asked(holdfast, 'flaky')).toBe(2);
  });

  test('a group that gives up at once is followed by its fallback', async () => {
    const handle = await holdfast.client.start(ask('broken'));
    await handle.result();
    expect(await outcomes(handle)).toEqual(['broken failed BadRequestError', 'good answered']);
    await eventsOf(handle);
    expect(asked(holdfast, 'broken')).toBe(1);
  });

  test('an attempt that lasts goes on in the activity of its group, and looks as any other', async () => {
    const handle = await handingOver.client.start(ask('lasting'));
    const inFlight = await inActivity(handle);
    expect(inFlight).toMatchObject({ attempt: 1, model: 'lasting-up' });
    expect(await handle.inspect()).toMatchObject({ pending: { state: 'asking', group: 'lasting', attempt: 1 } });
    handingOver.provider.release();
    const { report } = await handle.result();
    expect(report).toMatchObject({ attempts: 1, retries: 0 });
    expect(await outcomes(handle)).toEqual(['lasting answered']);
    expect(await eventsOf(handle)).toEqual([...FIRST_TASK, ...GROUP, 'WorkflowExecutionCompleted']);
    expect(asked(handingOver, 'lasting')).toBe(1);
  });

  test('one that fails there is retried by Temporal', async () => {
    const handle = await handingOver.client.start(ask('lasts-and-fails'));
    await inActivity(handle);
    handingOver.provider.release();
    const { report } = await handle.result();
    expect(report).toMatchObject({ attempts: 2, retries: 1 });
    expect(await outcomes(handle)).toEqual(['lasts-and-fails failed InternalServerError', 'lasts-and-fails answered']);
    expect(asked(handingOver, 'lasts-and-fails')).toBe(2);
  });

  test('a cancellation is heard there, and ends the request to the provider', async () => {
    const handle = await handingOver.client.start(ask('hanging'));
    await waitFor(() => asked(handingOver, 'hanging') === 1);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ kind: 'CancelledError' });
    expect((await handle.inspect()).state).toBe('cancelled');
    expect(await outcomes(handle)).toEqual(['hanging interrupted']);
    await waitFor(() => handingOver.provider.requestsFor('hanging-up')[0]?.abortedAt);
    await eventsOf(handle);
  });

  test('an answer too large to be in one task twice is delivered by the activity', async () => {
    const handle = await holdfast.client.start(ask('large'));
    const { response } = await handle.result();
    expect(response.choices[0]?.message.content).toHaveLength(800_000);
    expect(await outcomes(handle)).toEqual(['large answered']);
    expect(await eventsOf(handle)).toEqual([...FIRST_TASK, ...GROUP, 'WorkflowExecutionCompleted']);
    expect(asked(holdfast, 'large')).toBe(1);
  });

  test('an activity that another worker has makes an attempt of its own; the first is charged to nothing', async () => {
    vi.spyOn(HandOvers.prototype, 'take').mockReturnValueOnce(null);
    const handle = await handingOver.client.start(ask('hangs-once'));
    const { report } = await handle.result();
    expect(report).toMatchObject({ attempts: 2, retries: 0 });
    expect(await outcomes(handle)).toEqual(['hangs-once interrupted', 'hangs-once answered']);
    expect(asked(handingOver, 'hangs-once')).toBe(2);
  });

  test('a stream goes the way of streams', async () => {
    const handle = await holdfast.client.start(ask('good', { stream: true }), { stream: { restart: false } });
    await handle.result();
    expect(await eventNames(handle.callId)).toContain('ActivityTaskScheduled');
  });
});

describe('while its first attempt is in the first workflow task', TIMED, () => {
  test('a deadline ends it, and the call where it has no fallback', async () => {
    const handle = await holdfast.client.start(ask('hanging', { timeout: 2 }));
    await expect(handle.result()).rejects.toMatchObject({ kind: 'Timeout' });
    expect(await outcomes(handle)).toEqual(['hanging failed Timeout']);
    expect(asked(holdfast, 'hanging')).toBe(1);
  });

  test('a worker that stops interrupts it, and another one goes on', async () => {
    const its = await openHoldfast(CONFIG, SCRIPT, { firstTask: NEVER });
    const handle = await its.client.start(ask('hangs-once'));
    await waitFor(() => asked(its, 'hangs-once') === 1);
    expect(await handle.inspect()).toMatchObject({
      pending: null,
      now: 'group hangs-once: its first attempt is under way',
    });
    await its.replaceWorker();
    const { report } = await handle.result();
    expect(report).toMatchObject({ attempts: 2, retries: 0 });
    expect(await outcomes(handle)).toEqual(['hangs-once interrupted', 'hangs-once answered']);
    expect(asked(its, 'hangs-once')).toBe(2);
    await its.close();
  });
});

test('first_attempt: activity leaves every attempt to the activity', TIMED, async () => {
  const its = await openHoldfast({ ...CONFIG, general_settings: { first_attempt: 'activity' } }, SCRIPT, {
    firstTask: SOON,
  });
  const handle = await its.client.start(ask('good'));
  await handle.result();
  expect(await eventsOf(handle)).toEqual([...FIRST_TASK, ...GROUP, 'WorkflowExecutionCompleted']);
  await its.close();
});
