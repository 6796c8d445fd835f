import { expect, test } from 'vitest';
import { takeSlots } from '../../src/activities/take-slots.js';
import { systemClock } from '../../src/clock.js';
import { createLimiter } from '../../src/providers/limiter.js';
import { createSlots } from '../../src/providers/slots.js';
import { deployment, progress } from '../core/build.js';

const ASKED = { operation: 'chat.completions', body: { messages: [] } } as const;

test('who stands in a line for long sends heartbeats with what happened so far, until its turn has come', async () => {
  let beating = 0;
  const beats: unknown[] = [];
  const every = (ms: number, beat: () => void) => {
    beating += 1;
    expect(ms).toBe(10_000 / 3);
    beat();
    return () => void (beating -= 1);
  };
  const slots = createSlots({ deployments: { a1: { maxParallelRequests: 1 } } });
  const signal = new AbortController().signal;
  const deps = { slots, callers: createLimiter(), drained: signal, clock: { ...systemClock, every } };
  const wanted = { deployment: deployment('a1'), deadlineMs: null, waitsForReturn: true, ...ASKED };
  const context = {
    info: { attempt: 1, heartbeatDetails: undefined, heartbeatTimeoutMs: 10_000 },
    cancellationSignal: signal,
    heartbeat: (details: unknown) => void beats.push(details),
  };
  const take = () => takeSlots(deps, wanted, progress(), context, { held: async () => true });
  const first = await take();
  expect(beating).toBe(0);
  const second = take();
  expect(beating).toBe(1);
  if (first === 'stopped' || first.waitMs !== null) throw new Error('the first one has a slot');
  first.release();
  expect(await second).toMatchObject({ waitMs: null });
  expect(beating).toBe(0);
  expect(beats).toEqual([progress(), progress()]);
});

test('what was told in the first workflow task is told again in the first attempt of the activity, and is kept in later ones', async () => {
  const slots = createSlots({ deployments: { a1: { rpm: 1 } } });
  const signal = new AbortController().signal;
  const deps = {
    slots,
    callers: createLimiter(),
    drained: signal,
    clock: { ...systemClock, every: () => () => undefined },
  };
  const wanted = { deployment: deployment('a1'), deadlineMs: null, waitsForReturn: true, ...ASKED };
  const nowMs = Date.now();
  const told = { ...progress(), place: { line: 'a1', deployment: 'a1', sinceMs: nowMs, dueMs: nowMs + 3_600_000 } };
  const take = (attempt: number) => {
    const info = { attempt, heartbeatDetails: undefined, heartbeatTimeoutMs: 10_000 };
    const context = { info, cancellationSignal: signal, heartbeat: () => undefined };
    return takeSlots(deps, wanted, told, context, { held: async () => true });
  };
  const later = await take(2);
  expect(later !== 'stopped' && later.waitMs !== null && later.waitMs > 3_000_000).toBe(true);
  expect(await take(1)).toMatchObject({ waitMs: null });
});
