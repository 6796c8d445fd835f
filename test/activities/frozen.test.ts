import { ActivityCancellationDetails, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, test } from 'vitest';
import { createFirstAttempt } from '../../src/activities/batch/first-attempt.js';
import { FirstAttempts } from '../../src/activities/first-attempts.js';
import { HandOvers } from '../../src/activities/hand-overs.js';
import { watchLease } from '../../src/activities/lease.js';
import { createSlots } from '../../src/providers/slots.js';
import type { BatchRow } from '../../src/batch/index.js';
import type { LoadedConfig } from '../../src/config/index.js';
import { callPlan, config } from '../core/build.js';
import { waitFor } from '../helpers/wait-for.js';
import { clockAt } from './clock-at.js';
import { ANSWER, attemptsOf, run, slotsOf } from './run-attempt.js';

const NEVER = new AbortController().signal;
/** Longer than any heartbeat timeout. */
const FROZEN_MS = 30_000;
/** By then Temporal has said whose the activity is. */
const ANSWERED_MS = 3_000;

const ROW = {
  group: 'a',
  settings: {},
  operation: 'chat.completions',
  request: { model: 'a', messages: [{ role: 'user', content: 'hello' }] },
} as unknown as BatchRow;

/** A worker whose only slot is taken, and an attempt of it that stands in the line. */
async function standing() {
  const { clock, pass } = clockAt(0);
  const slots = createSlots({ deployments: { a1: { maxParallelRequests: 1 } } });
  const asking = { flow: '', priority: 3, deadlineMs: null, place: undefined, signal: NEVER };
  const taken = await slots.take('a1', asking);
  let stands = 0;
  let asked = 0;
  const worker = {
    clock,
    slots: slotsOf((...given) => {
      stands += 1;
      return slots.take(...given);
    }),
    answer: async () => {
      asked += 1;
      return ANSWER;
    },
  };
  /** The process is frozen while the attempt stands, and its turn has come by the time that it is woken. */
  const freeze = async () => {
    await waitFor(() => stands === 1);
    await pass(FROZEN_MS);
    if (taken.waitMs === null) taken.release();
    await new Promise(setImmediate);
  };
  const isFree = async () => {
    const slot = await slots.take('a1', { ...asking, signal: AbortSignal.abort() });
    return slot.waitMs === null;
  };
  return { worker, pass, freeze, isFree, asked: () => asked, turns: () => stands };
}

describe('an attempt whose turn comes after its worker was frozen', () => {
  test('asks nobody where another worker has the activity, and its slot is free again', async () => {
    const { worker, freeze, isFree, asked } = await standing();
    const { output, environment, beats } = run(worker);
    await freeze();
    expect([asked(), beats.length > 0]).toEqual([0, true]);
    environment.cancel('NOT_FOUND', Object.assign(new ActivityCancellationDetails(), { notFound: true }));
    await expect(output).rejects.toBeInstanceOf(CancelledFailure);
    expect([asked(), await isFree()]).toEqual([0, true]);
  });

  test('asks where nobody else has it, in a turn that it takes then: limits count it for when it asks', async () => {
    const { worker, pass, freeze, asked, turns } = await standing();
    const { output } = run(worker);
    await freeze();
    expect(asked()).toBe(0);
    await pass(ANSWERED_MS);
    await output;
    expect([asked(), turns()]).toEqual([1, 2]);
  });

  test('asks nobody for a row of a chunk that another worker has', async () => {
    const { worker, freeze, isFree, asked } = await standing();
    const stop = new AbortController();
    const plan = config(['a']);
    const { attempts } = attemptsOf({ ...worker, groups: plan.groups });
    const first = createFirstAttempt({ ...attempts, config: { ...attempts.config, routing: plan } });
    const lease = watchLease(worker.clock, { heartbeatTimeoutMs: 10_000 }, () => undefined);
    const end = first(ROW, {
      abort: stop.signal,
      stop: stop.signal,
      lease,
      workflowExecution: undefined,
      priority: undefined,
      caller: undefined,
    });
    await freeze();
    expect(asked()).toBe(0);
    stop.abort();
    expect(await end).toEqual({ type: 'interrupted' });
    expect([asked(), await isFree()]).toEqual([0, true]);
  });

  test('asks nobody beside a first workflow task that has timed out', async () => {
    const { worker, pass, freeze, isFree, asked } = await standing();
    const { attempts } = attemptsOf(worker);
    const handOvers = new HandOvers(worker.clock, 0);
    const firstAttempts = new FirstAttempts(
      { ...attempts, config: { ...attempts.config, gateway: {} as LoadedConfig['gateway'] }, stopping: NEVER },
      handOvers,
    );
    const { request } = ROW;
    const input = { operation: 'chat.completions', request, startedMs: 0, isRepeated: false } as const;
    const environment = new MockActivityEnvironment({ isLocal: true });
    const runId = environment.context.info.workflowExecution?.runId ?? '';
    const end = environment.run(() => firstAttempts.make(input, callPlan(['a'])));
    await freeze();
    expect(await end).toMatchObject({ type: 'left', progress: { attempts: 0, lost: 0 } });
    await pass(ANSWERED_MS);
    expect([asked(), await isFree(), handOvers.waiting(runId)]).toEqual([0, true, null]);
  });
});
