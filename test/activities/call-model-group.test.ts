import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ActivityCancellationDetails } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, test } from 'vitest';
import { createCallModelGroup } from '../../src/activities/call-model-group.js';
import type { LoadedConfig } from '../../src/config/index.js';
import type { OperationalSettings } from '../../src/core/operational.js';
import type { CallModelGroupInput, CallModelGroupOutput, GroupFailure } from '../../src/core/call-types.js';
import { isoTime, type GroupProgress } from '../../src/core/progress.js';
import type { CallProvider, ProviderAnswer } from '../../src/providers/call-provider.js';
import { createCooldowns, type Cooldowns } from '../../src/providers/cooldowns.js';
import { createSlots, type Slots } from '../../src/providers/slots.js';
import { deployment, failure, groupPlan, outlook, progress } from '../core/build.js';
import { waitFor } from '../helpers/wait-for.js';

const ANSWER: ProviderAnswer = { facts: null, response: { choices: [1] }, status: 200, requestId: 'r1', tokens: null };
const LIMITED = {
  facts: {
    cause: { type: 'http', status: 429, error: { message: 'slow down' } },
    phase: 'reading the answer',
    headers: { 'retry-after': '7' },
  },
} as const;

const input = (set: Partial<CallModelGroupInput> = {}): CallModelGroupInput => ({
  operation: 'chat.completions',
  body: { messages: [] },
  plan: groupPlan(),
  walk: outlook(),
  deadlineMs: null,
  retriesLeftAtStart: null,
  ...set,
});

interface Run {
  /** Temporal's number of the attempt. @default 1 */
  attempt?: number;
  heartbeatDetails?: GroupProgress;
  known?: readonly string[];
  answer?: CallProvider;
  its?: Partial<CallModelGroupInput>;
  drained?: AbortSignal;
  cooldowns?: Cooldowns;
  slots?: Slots;
}

const NO_LIMITS: OperationalSettings = { deployments: {} };

const noRow = () => Promise.reject(new Error('this call is no row of a batch'));

/** One attempt of the activity, and every heartbeat of it. */
function run({
  attempt = 1,
  heartbeatDetails,
  known = ['a1'],
  answer = async () => ANSWER,
  its = {},
  drained,
  cooldowns = createCooldowns(NO_LIMITS),
  slots = createSlots(NO_LIMITS),
}: Run) {
  const beats: GroupProgress[] = [];
  const environment = new MockActivityEnvironment({ attempt, heartbeatDetails, heartbeatTimeoutMs: 10_000 });
  environment.on('heartbeat', (details: GroupProgress) => beats.push(details));
  const connection = { provider: 'openai', apiBase: 'http://x', apiKey: 'k', params: {} };
  const attempts = {
    config: { connections: Object.fromEntries(known.map((id) => [id, connection])) } as unknown as LoadedConfig,
    callProvider: answer,
    drained: drained ?? new AbortController().signal,
    cooldowns,
    slots,
    callbacks: { tell: () => {} },
  };
  const activity = createCallModelGroup(attempts, { bodyOf: noRow, keepAnswer: noRow });
  const output = environment.run(activity, input(its)) as Promise<CallModelGroupOutput>;
  return { environment, beats, output };
}

async function thrownBy(output: Promise<unknown>): Promise<ApplicationFailure & { details: [GroupFailure] }> {
  const error = await output.then(
    () => new Error('it answered'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApplicationFailure)) throw error;
  return error as ApplicationFailure & { details: [GroupFailure] };
}

const never: CallProvider = () => {
  throw new Error('no provider may be asked');
};

describe('an attempt', () => {
  test('that answers at once sends no heartbeat', async () => {
    const { output, beats } = run({});
    expect(await output).toMatchObject({ response: ANSWER.response, progress: { attempts: 1, ended: 0 } });
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
    expect(thrown.details[0]).toMatchObject({ failure: { status: 429 }, progress: { ledger: { entries: [{}] } } });
  });
});

describe('attempts that were lost with their workers', () => {
  const inFlight = { attempt: 1, deployment: 'a1', model: 'm', startedAt: isoTime(1) };

  test('are in the ledger, and no budget is charged', async () => {
    const { output } = run({ attempt: 3, heartbeatDetails: progress({ attempts: 1, inFlight }) });
    expect((await output).progress).toMatchObject({ attempts: 3, lost: 2, retries: 0, failures: {} });
    expect((await output).progress.ledger.entries.map(({ outcome }) => outcome)).toEqual(['lost', 'lost', 'answered']);
  });

  test('may be max_lost_attempts, no more', async () => {
    expect((await run({ attempt: 6 }).output).progress.lost).toBe(5);
    const thrown = await thrownBy(run({ attempt: 7, answer: never }).output);
    expect(thrown).toMatchObject({ type: 'AttemptsLostError', nonRetryable: true });
    expect(thrown.details[0].progress.ledger.entries).toHaveLength(7);
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
    expect((await output).progress.ledger.entries).toMatchObject([
      { outcome: 'note', deployment: 'a1' },
      { outcome: 'answered', deployment: 'a2' },
    ]);
  });

  test('when it knows none, the group gives up with NotFoundError', async () => {
    const thrown = await thrownBy(run({ known: [], its: { plan: two }, answer: never }).output);
    expect(thrown).toMatchObject({ type: 'NotFoundError', nonRetryable: true });
  });

  test('once all it knows have failed, they are asked again; one it does not know never', async () => {
    const heartbeatDetails = progress({ attempts: 1, ended: 1, failedDeployments: ['a1'] });
    const { output } = run({ attempt: 2, known: ['a1'], heartbeatDetails, its: { plan: two } });
    expect((await output).progress.ledger.entries.at(-1)).toMatchObject({ deployment: 'a1', outcome: 'answered' });
  });
});

describe('when all deployments cool', () => {
  const cool = (ms: number): Cooldowns => ({
    failed: () => {},
    returns: (ids) => new Map(ids.map((id) => [id, Date.now() + ms])),
  });
  const alone = outlook({ fallbacks: false });

  test('another group is asked: the provider’s last error, without an attempt', async () => {
    const decided = { failure: failure('InternalServerError'), action: 'retry', untilMs: 0 } as const;
    const heartbeatDetails = progress({ attempts: 1, ended: 1, decided });
    const thrown = await thrownBy(run({ attempt: 2, heartbeatDetails, cooldowns: cool(9000), answer: never }).output);
    expect(thrown).toMatchObject({ type: 'InternalServerError', nonRetryable: true });
    expect(thrown.details[0].progress).toMatchObject({ attempts: 1, ledger: { entries: [{ outcome: 'note' }] } });
  });

  test('another group is asked before any attempt: a RateLimitError with the time of return', async () => {
    const thrown = await thrownBy(run({ cooldowns: cool(9000), answer: never }).output);
    expect(thrown).toMatchObject({ type: 'RateLimitError', nonRetryable: true });
    expect(thrown.details[0].failure.retryAfterMs).toBeGreaterThan(8000);
  });

  test('without another group the call waits for the first that is back', async () => {
    const { output, beats } = run({ cooldowns: cool(9000), answer: never, its: { walk: alone } });
    const thrown = await thrownBy(output);
    expect(thrown).toMatchObject({ type: 'Waiting', nonRetryable: false });
    expect(thrown.nextRetryDelay).toBeGreaterThan(8000);
    expect(beats).toMatchObject([{ ended: 1, attempts: 0, now: expect.stringContaining('cooling down') }]);
  });

  test('until after the deadline: the same error, at once', async () => {
    const its = { walk: alone, deadlineMs: Date.now() + 3000 };
    expect(await thrownBy(run({ cooldowns: cool(9000), answer: never, its }).output)).toMatchObject({
      type: 'RateLimitError',
      nonRetryable: true,
    });
  });

  test('a failure is told to the cooldowns, with whether the deployment is the only one', async () => {
    const told: unknown[] = [];
    const cooldowns: Cooldowns = { failed: (...args) => told.push(args), returns: () => new Map() };
    await thrownBy(run({ cooldowns, answer: async () => LIMITED }).output);
    expect(told).toMatchObject([[{ id: 'a1' }, true, { kind: 'RateLimitError' }]]);
  });
});

test('without a slot the attempt is put off, and its slot is given back at the end', async () => {
  const none: Slots = { take: async () => ({ waitMs: 30_000 }) };
  const thrown = await thrownBy(run({ slots: none, answer: never }).output);
  expect(thrown).toMatchObject({ type: 'Waiting', nonRetryable: false, nextRetryDelay: 30_000 });
  let released = 0;
  const soon = { deadlineMs: Date.now() + 5000 };
  expect(await thrownBy(run({ slots: none, answer: never, its: soon }).output)).toMatchObject({
    type: 'RateLimitError',
    nonRetryable: true,
  });
  const one: Slots = { take: async () => ({ waitMs: null, release: () => void (released += 1) }) };
  await run({ slots: one }).output;
  await thrownBy(run({ slots: one, answer: async () => LIMITED }).output);
  expect(released).toBe(2);
});

test('after the deadline of the group nothing is asked', async () => {
  const thrown = await thrownBy(run({ its: { deadlineMs: Date.now() - 1 }, answer: never }).output);
  expect(thrown).toMatchObject({ type: 'Timeout', nonRetryable: true });
  expect(thrown.details[0].failure).toMatchObject({ status: 408, deadlineReached: true });
});

describe('an attempt that is stopped from outside is charged to nothing', () => {
  const hangs: CallProvider = ({ interrupt }) =>
    new Promise((_resolve, reject) => {
      interrupt.addEventListener('abort', () => reject(interrupt.reason as Error));
      interrupt.throwIfAborted();
    });
  const cancelled = (its: Partial<ActivityCancellationDetails>) =>
    Object.assign(new ActivityCancellationDetails(), its);

  test('by a worker that stops: another one goes on at once', async () => {
    const controller = new AbortController();
    const { output, beats } = run({ answer: hangs, drained: controller.signal });
    controller.abort();
    expect(await thrownBy(output)).toMatchObject({ type: 'WorkerShutdown', nonRetryable: false, nextRetryDelay: 1 });
    expect(beats).toMatchObject([
      { ended: 1, retries: 0, failures: {}, ledger: { entries: [{ outcome: 'interrupted' }] } },
    ]);
  });

  test('by a cancellation: its ledger goes with the word of it', async () => {
    const { output, environment } = run({ answer: hangs });
    environment.cancel('CANCELLED', cancelled({ cancelRequested: true }));
    const error = await output.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CancelledFailure);
    expect((error as CancelledFailure).details).toMatchObject([{ ledger: { entries: [{ outcome: 'interrupted' }] } }]);
  });

  test('by an operator’s reset: no attempt is taken for lost', async () => {
    const { output, environment, beats } = run({ answer: hangs });
    environment.cancel('CANCELLED', cancelled({ reset: true }));
    await expect(output).rejects.toBeInstanceOf(CancelledFailure);
    await waitFor(() => beats.length > 0);
    expect(beats).toMatchObject([{ ended: 1, lost: 0, ledger: { entries: [{ outcome: 'interrupted' }] } }]);
  });

  test('by a pause: the ledger stays in the heartbeat', async () => {
    const { output, environment, beats } = run({ answer: hangs });
    environment.cancel('PAUSED', cancelled({ paused: true }));
    await expect(output).rejects.toBeInstanceOf(CancelledFailure);
    await waitFor(() => beats.length > 0);
    expect(beats).toMatchObject([{ ended: 1, ledger: { entries: [{ outcome: 'interrupted' }] } }]);
  });
});
