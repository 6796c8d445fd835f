import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { CallModelGroupInput } from '../../src/core/call/call-types.js';
import { isoTime } from '../../src/core/common/iso-time.js';
import type { CallProvider } from '../../src/providers/call-provider.js';
import { deployment, failure, groupPlan, progress } from '../core/build.js';
import { ANSWER, LIMITED, never, run, slotsOf, thrownBy } from './run-attempt.js';

describe('an attempt', () => {
  test('that answers at once sends no heartbeat', async () => {
    const { output, beats } = run({});
    expect(await output).toMatchObject({ response: ANSWER.response, ended: { attempts: 1, retries: 0 } });
    expect(beats).toEqual([]);
  });

  test('that fails tells Temporal when to come back, and leaves its ledger in the heartbeat', async () => {
    const { output, beats } = run({ answer: async () => LIMITED });
    const thrown = await thrownBy(output);
    expect(thrown).toMatchObject({ type: 'RateLimitError', nonRetryable: false });
    expect(thrown.nextRetryDelay).toBeGreaterThanOrEqual(7000);
    expect(beats).toMatchObject([{ ended: 1, retries: 1, ledger: { entries: [{ status: 429 }] } }]);
  });

  test('without a wait asks for the least delay: Temporal takes 0 for "no more retries"', async () => {
    const answer: CallProvider = async () => ({ facts: { ...LIMITED.facts, headers: { 'retry-after': '0' } } });
    expect((await thrownBy(run({ answer }).output)).nextRetryDelay).toBe(1);
  });

  test('with which the group gives up carries the whole ledger', async () => {
    const its = { plan: groupPlan({ numRetries: 0 }) };
    const thrown = await thrownBy(run({ answer: async () => LIMITED, its }).output);
    expect(thrown).toMatchObject({ type: 'RateLimitError', nonRetryable: true });
    expect(thrown.details[0]).toMatchObject({ failure: { status: 429 }, ended: { ledger: { entries: [{}] } } });
  });
});

describe('attempts that were lost with their workers', () => {
  const inFlight = { attempt: 1, deployment: 'a1', model: 'm', startedAt: isoTime(1) };

  test('are in the ledger, and no budget is charged', async () => {
    const { output } = run({ attempt: 3, heartbeatDetails: progress({ attempts: 1, inFlight }) });
    expect((await output).ended).toMatchObject({ attempts: 3, retries: 0, lastBudgetSize: null });
    expect((await output).ended.ledger.entries.map(({ outcome }) => outcome)).toEqual(['lost', 'lost', 'answered']);
  });

  test('may be max_lost_attempts, no more', async () => {
    expect((await run({ attempt: 6 }).output).ended.attempts).toBe(6);
    const thrown = await thrownBy(run({ attempt: 7, answer: never }).output);
    expect(thrown).toMatchObject({ type: 'AttemptsLostError', nonRetryable: true });
    expect(thrown.details[0].ended.ledger.entries).toHaveLength(7);
  });
});

describe('a worker that was lost between deciding and telling leaves the decision to its successor', () => {
  const error = failure('RateLimitError');

  test('the group had given up: no provider is asked', async () => {
    const decided = { failure: error, action: 'give up', untilMs: 0 } as const;
    const thrown = await thrownBy(
      run({ attempt: 2, heartbeatDetails: progress({ ended: 1, decided }), answer: never }).output,
    );
    expect(thrown).toMatchObject({ type: 'RateLimitError', nonRetryable: true });
  });

  test('but a decision that workers are lost with is no longer delivered after max_lost_attempts', async () => {
    const decided = { failure: error, action: 'give up', untilMs: 0 } as const;
    const left = progress({ ended: 1, decided });
    const last = await thrownBy(run({ attempt: 7, heartbeatDetails: left, answer: never }).output);
    expect(last).toMatchObject({ type: 'RateLimitError', nonRetryable: true });
    const thrown = await thrownBy(run({ attempt: 8, heartbeatDetails: left, answer: never }).output);
    expect(thrown).toMatchObject({ type: 'AttemptsLostError', nonRetryable: true });
  });

  test('a wait had begun: the rest of it is waited for', async () => {
    const decided = { failure: error, action: 'retry', untilMs: Date.now() + 60_000 } as const;
    const { output, beats } = run({ attempt: 2, heartbeatDetails: progress({ ended: 1, decided }), answer: never });
    expect((await thrownBy(output)).nextRetryDelay).toBeGreaterThan(50_000);
    expect(beats).toMatchObject([{ ended: 2, attempts: 0 }]);
  });

  test('its time had come, by a clock that is a little behind', async () => {
    const decided = { failure: error, action: 'retry', untilMs: Date.now() + 500 } as const;
    const { output } = run({ attempt: 2, heartbeatDetails: progress({ ended: 1, decided }) });
    expect((await output).response).toEqual(ANSWER.response);
  });
});

describe('deployments', () => {
  const two = groupPlan({ deployments: [deployment('a1'), deployment('a2')] });

  test('that this worker does not know are passed over, and the ledger says so', async () => {
    const { output } = run({ known: ['a2'], its: { plan: two } });
    expect((await output).ended.ledger.entries).toMatchObject([
      { outcome: 'note', deployment: 'a1' },
      { outcome: 'answered', deployment: 'a2' },
    ]);
  });

  describe('none of which this worker knows', () => {
    const longAgo = progress({ unknownSinceMs: Date.now() - 10 * 60_000 });

    test('the attempt is put back for a worker that does, uncharged, and noted once', async () => {
      const first = run({ known: [], its: { plan: two }, answer: never });
      expect(await thrownBy(first.output)).toMatchObject({
        type: 'Waiting',
        nonRetryable: false,
        nextRetryDelay: 1000,
      });
      const [left] = first.beats;
      expect(left).toMatchObject({ attempts: 0, ended: 1, failures: {}, failedDeployments: [] });
      const second = run({ attempt: 2, heartbeatDetails: left!, known: [], its: { plan: two }, answer: never });
      expect((await thrownBy(second.output)).type).toBe('Waiting');
      expect(second.beats[0]?.ledger.entries).toHaveLength(1);
      const third = run({ attempt: 3, heartbeatDetails: second.beats[0]!, known: ['a2'], its: { plan: two } });
      expect((await third.output).ended.ledger.entries.at(-1)).toMatchObject({ deployment: 'a2', attempt: 1 });
    });

    test('after 5 minutes its own stand in, under the budgets of the plan', async () => {
      const groups = { a: [deployment('b1', { numRetries: 9 }), deployment('b2')] };
      const own = { known: ['b1', 'b2'], groups, heartbeatDetails: longAgo, its: { plan: two } };
      const { ended } = await run(own).output;
      expect(ended.ledger.entries).toMatchObject([
        { outcome: 'note', message: expect.stringContaining('stand in') },
        { outcome: 'answered', deployment: expect.stringMatching(/^b[12]$/) },
      ]);
      const failing = run({ ...own, answer: async () => LIMITED });
      expect(await thrownBy(failing.output)).toMatchObject({ type: 'RateLimitError', nonRetryable: false });
      expect(failing.beats.at(-1)).toMatchObject({ lastBudgetSize: 2 });
    });

    test('one stands in for one, so that what ends the group stays what Temporal was told', async () => {
      const groups = { a: [deployment('b1'), deployment('b2')] };
      const answer = async () => ({ facts: { ...LIMITED.facts, cause: { ...LIMITED.facts.cause, status: 401 } } });
      const { output } = run({ known: ['b1', 'b2'], groups, heartbeatDetails: longAgo, answer });
      expect(await thrownBy(output)).toMatchObject({ type: 'AuthenticationError', nonRetryable: true });
    });

    test('when the group is gone, it gives up with NotFoundError', async () => {
      const { output } = run({ known: [], heartbeatDetails: longAgo, its: { plan: two }, answer: never });
      expect(await thrownBy(output)).toMatchObject({ type: 'NotFoundError', nonRetryable: true });
    });
  });

  test('one that nobody can serve says why, in the ledger and in the error', async () => {
    const unserved = { a1: 'no endpoint', a2: 'no endpoint' };
    const thrown = await thrownBy(run({ known: [], unserved, its: { plan: two }, answer: never }).output);
    expect(thrown.message).toContain('a cannot be asked: no endpoint');
    const { output } = run({ known: ['a2'], unserved: { a1: 'no endpoint' }, its: { plan: two } });
    expect((await output).ended.ledger.entries[0]).toMatchObject({ message: 'passed over: no endpoint' });
  });

  test('once all it knows have failed, they are asked again; one it does not know never', async () => {
    const heartbeatDetails = progress({ attempts: 1, ended: 1, failedDeployments: ['a1'] });
    const { output } = run({ attempt: 2, known: ['a1'], heartbeatDetails, its: { plan: two } });
    expect((await output).ended.ledger.entries.at(-1)).toMatchObject({ deployment: 'a1', outcome: 'answered' });
  });
});

test('without a slot the attempt is put off, and its slot is given back at the end', async () => {
  const none = slotsOf(async () => ({ waitMs: 30_000, sinceMs: 1 }));
  const thrown = await thrownBy(run({ slots: none, answer: never }).output);
  expect(thrown).toMatchObject({ type: 'Waiting', nonRetryable: false, nextRetryDelay: 30_000 });
  let released = 0;
  const soon = { deadlineMs: Date.now() + 5000 };
  expect(await thrownBy(run({ slots: none, answer: never, its: soon }).output)).toMatchObject({
    type: 'RateLimitError',
    nonRetryable: true,
  });
  const one = slotsOf(async () => ({ waitMs: null, release: () => void (released += 1), giveBack: () => {} }));
  await run({ slots: one }).output;
  await thrownBy(run({ slots: one, answer: async () => LIMITED }).output);
  expect(released).toBe(2);
});

test('a place in line is kept with the call, which asks then whom it waited for', async () => {
  const two = groupPlan({ deployments: [deployment('a1'), deployment('a2')] });
  const told: unknown[] = [];
  const first = slotsOf(async (id) => ({ waitMs: 9_000, sinceMs: id === 'a1' ? 1 : 2 }));
  const { output, beats } = run({ known: ['a1', 'a2'], slots: first, answer: never, its: { plan: two } });
  await thrownBy(output);
  const place = beats[0]?.place;
  expect(place).toMatchObject({ line: place?.deployment, sinceMs: place?.deployment === 'a1' ? 1 : 2 });
  const second = slotsOf(async (_, asking) => {
    told.push(asking.place);
    return { waitMs: null, release: () => {}, giveBack: () => {} };
  });
  const back = run({ attempt: 2, heartbeatDetails: beats[0]!, known: ['a1', 'a2'], slots: second, its: { plan: two } });
  expect((await back.output).ended.ledger.entries).toMatchObject([{ deployment: place?.deployment }]);
  expect(told).toEqual([{ ...place, isNew: false }]);
});

describe('an attempt that stood in a line', () => {
  /** Less than what passes for a freeze. */
  const STOOD_MS = 6_000;
  const standing = (its: Partial<CallModelGroupInput>, answer: CallProvider) => {
    let nowMs = Date.now();
    let left = 0;
    const slots = slotsOf(async () => {
      nowMs += STOOD_MS;
      return { waitMs: null, release: () => undefined, giveBack: () => void (left += 1) };
    });
    const deadlineMs = its.deadlineMs === undefined ? null : nowMs + (its.deadlineMs ?? 0);
    const one = run({ slots, answer, clock: { ...systemClock, now: () => nowMs }, its: { ...its, deadlineMs } });
    return { ...one, left: () => left };
  };

  test.each([
    ['its own time begins then', {}, { limitMs: 600_000, scope: 'attempt' }],
    ['it ends at the deadline of the group', { deadlineMs: 7_000 }, { limitMs: 1_000, scope: 'deadline' }],
  ])('%s', async (_, its, expected) => {
    const limits: unknown[] = [];
    const { output } = standing(its, async ({ limit }) => {
      limits.push(limit);
      return ANSWER;
    });
    await output;
    expect(limits).toEqual([expected]);
  });

  test('until after the deadline asks nobody, and has its slot back', async () => {
    const { output, left } = standing({ deadlineMs: STOOD_MS }, never);
    expect(await thrownBy(output)).toMatchObject({ type: 'Timeout', nonRetryable: true });
    expect(left()).toBe(1);
  });
});

test('one that stands in a line when its worker stops is handed over with its place', async () => {
  const stopping = new AbortController();
  const standing = slotsOf(async (_, { signal }) => {
    await once(signal, 'abort');
    return { waitMs: 1, sinceMs: 1 };
  });
  const { output, beats } = run({ slots: standing, answer: never, drained: stopping.signal });
  stopping.abort();
  expect(await thrownBy(output)).toMatchObject({ type: 'WorkerShutdown', nonRetryable: false });
  expect(beats).toMatchObject([{ ended: 1, attempts: 0, ledger: { entries: [{ outcome: 'note' }] } }]);
});

test('after the deadline of the group nothing is asked', async () => {
  const thrown = await thrownBy(run({ its: { deadlineMs: Date.now() - 1 }, answer: never }).output);
  expect(thrown).toMatchObject({ type: 'Timeout', nonRetryable: true });
  expect(thrown.details[0].failure).toMatchObject({ status: 408, deadlineReached: true });
});

describe('after an operator’s reset, when the number of the attempt is 1 again', () => {
  const heartbeatDetails = progress({
    attempts: 3,
    ended: 3,
    retries: 2,
    failures: { num_retries: 2 },
    lastBudgetSize: 2,
  });

  test('budgets are fresh, but the retries from before count for num_retries_per_request', async () => {
    const limited = run({ heartbeatDetails, its: { retriesLeftAtStart: 2 }, answer: async () => LIMITED });
    const thrown = await thrownBy(limited.output);
    expect(thrown).toMatchObject({ type: 'RateLimitError', nonRetryable: true });
    expect(thrown.details[0].ended.ledger.entries.at(-1)?.next?.reason).toContain('num_retries_per_request');

    const unlimited = run({ heartbeatDetails, its: { retriesLeftAtStart: 3 }, answer: async () => LIMITED });
    expect(await thrownBy(unlimited.output)).toMatchObject({ type: 'RateLimitError', nonRetryable: false });
  });

  test('callbacks are told of all retries', async () => {
    const { output, events } = run({ heartbeatDetails });
    await output;
    expect(events).toMatchObject([{ type: 'success', attempt: 4, retries: 2 }]);
  });
});

describe('a fallback is told once', () => {
  const cameFrom = { group: 'before', failure: failure('Timeout'), fallback: 1 };
  test.each<[what: string, set: Parameters<typeof run>[0], told: number]>([
    ['by the first attempt of the group', {}, 1],
    ['though that cannot be made', { known: [] }, 1],
    ['not by a later one', { attempt: 2, heartbeatDetails: progress({ ended: 1 }) }, 0],
    ['not by one after a lost one', { attempt: 2 }, 0],
    ['not by the first one after a reset', { heartbeatDetails: progress({ ended: 1 }) }, 0],
  ])('%s', async (_, set, told) => {
    const { output, events } = run({ ...set, its: { cameFrom } });
    await output.catch(() => undefined);
    expect(events.filter(({ type }) => type === 'fallback')).toHaveLength(told);
  });
});
