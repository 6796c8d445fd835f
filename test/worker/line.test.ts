import { afterAll, beforeAll, expect, test } from 'vitest';
import { group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { openTemporal, type TestTemporal } from '../helpers/temporal.js';
import { TIMED } from '../helpers/timed.js';
import { waitFor } from '../helpers/wait-for.js';

const CALLS = 16;
const SLOTS = 8;
const request = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'hi' }], num_retries: 0 });

let holdfast: TestHoldfast;
let temporal: TestTemporal;
beforeAll(async () => {
  const limited = [{ model: 'openai/limited-up', rpm: 60 }];
  const scarce = [{ model: 'openai/scarce-up', rpm: 6 }];
  const config = { model_list: [...group('limited', limited), ...group('scarce', scarce), ...group('free')] };
  holdfast = await openHoldfast(config, {}, { activitySlots: SLOTS });
  temporal = await openTemporal();
});
afterAll(async () => {
  await holdfast.close();
  await temporal.close();
});

/** How often the activity of each call was begun. */
async function activityAttempts(callId: string): Promise<number> {
  const { events } = await temporal.client.workflow.getHandle(callId).fetchHistory();
  const begun = events?.flatMap(({ activityTaskStartedEventAttributes: its }) => its?.attempt ?? []) ?? [];
  return begun.at(-1) ?? 0;
}

test('calls that wait for their turn hold no slot, and come back once, on whichever worker', TIMED, async () => {
  const { client, provider } = holdfast;
  provider.reset();
  const calls = await Promise.all(Array.from({ length: CALLS }, () => client.start(request('limited'))));
  await waitFor(() => provider.callCount('limited-up') >= 10, { what: 'as many as may begin at once' });
  const saysWhy = async () => {
    const said = await Promise.all(calls.map((call) => call.inspect()));
    return said.filter(({ now }) => now.includes('a slot of limited#limited-up')).length >= 2;
  };
  await waitFor(saysWhy, { what: 'calls to say what they wait for' });
  await client.execute(request('free'));
  await holdfast.replaceWorker();
  const results = await Promise.all(calls.map((call) => call.result()));
  expect(provider.callCount('limited-up')).toBe(CALLS);
  for (const { report } of results) expect(report).toMatchObject({ attempts: 1, retries: 0 });
  const attempts = await Promise.all(calls.map(({ callId }) => activityAttempts(callId)));
  // Some may be interrupted by the stop of the worker while they stand in the line.
  expect(attempts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(3 * CALLS);
});

const MANY = 200;

test(
  'of hundreds of calls that wait each has begun about once, and calls to another deployment are made meanwhile',
  TIMED,
  async () => {
    const { client, provider } = holdfast;
    provider.reset();
    const calls = await Promise.all(Array.from({ length: MANY }, () => client.start(request('scarce'))));
    const handles = calls.map(({ callId }) => temporal.client.workflow.getHandle(callId));
    const begun = async (): Promise<number[]> => {
      const described = await Promise.all(handles.map((handle) => handle.describe()));
      return described.flatMap(({ raw }) => (raw.pendingActivities ?? []).map(({ attempt }) => (attempt ?? 1) - 1));
    };
    const tell = async () => (await begun()).filter((times) => times > 0).length >= 0.9 * MANY;
    await waitFor(tell, { what: 'nearly all calls to be told their turns' });
    const free = await Promise.all(Array.from({ length: 2 * SLOTS }, () => client.execute(request('free'))));
    for (const { report } of free) expect(report).toMatchObject({ attempts: 1 });
    expect(provider.callCount('free-up')).toBe(2 * SLOTS);
    const times = await begun();
    expect(times.length).toBeGreaterThanOrEqual(0.9 * MANY);
    expect(times.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(1.2 * MANY);
    await Promise.all(handles.map((handle) => handle.terminate().catch(() => undefined)));
  },
);
