import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Hold } from '../../src/core/deployments/hold.js';
import type { FailureCause } from '../../src/core/errors/failure-facts.js';
import type { DeploymentPlan } from '../../src/core/plan/settings.js';
import { createCooldowns, type Cooldowns } from '../../src/providers/cooldowns.js';
import { deployment, failure, groupPlan, outlook, progress } from '../core/build.js';
import { waitFor } from '../helpers/wait-for.js';
import { ANSWER, LIMITED, never, run, thrownBy } from './run-attempt.js';

/** Nothing cools. */
const QUIET: Cooldowns = {
  probes: () => false,
  answered: () => {},
  failed: () => {},
  interrupted: () => {},
  returns: () => new Map(),
};

describe('when all deployments cool', () => {
  const cool = (ms: number): Cooldowns => ({
    ...QUIET,
    returns: (ids) => new Map(ids.map((id) => [id, Date.now() + ms])),
  });
  const alone = outlook({ fallbacks: false });

  test('another group is asked: the provider’s last error, without an attempt', async () => {
    const decided = { failure: failure('InternalServerError'), action: 'retry', untilMs: 0 } as const;
    const heartbeatDetails = progress({ attempts: 1, ended: 1, decided });
    const thrown = await thrownBy(run({ attempt: 2, heartbeatDetails, cooldowns: cool(9000), answer: never }).output);
    expect(thrown).toMatchObject({ type: 'InternalServerError', nonRetryable: true });
    expect(thrown.details[0].ended).toMatchObject({ attempts: 1, ledger: { entries: [{ outcome: 'note' }] } });
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
    const cooldowns: Cooldowns = { ...QUIET, failed: (...args) => told.push(args) };
    await thrownBy(run({ cooldowns, answer: async () => LIMITED }).output);
    expect(told).toMatchObject([[{ id: 'a1' }, true, { kind: 'RateLimitError' }]]);
  });
});

describe('which deployments cool', () => {
  const two = groupPlan({ deployments: [deployment('a1'), deployment('a2')] });

  test('is read once for an attempt: what begins to cool meanwhile is asked all the same', async () => {
    let reads = 0;
    const cooldowns: Cooldowns = {
      ...QUIET,
      returns: () => new Map((reads += 1) === 1 ? [['a1', Date.now() + 9000]] : [['a2', Date.now() + 9000]]),
    };
    const { output } = run({ known: ['a1', 'a2'], its: { plan: two }, cooldowns });
    expect((await output).ended.ledger.entries).toMatchObject([{ deployment: 'a2', outcome: 'answered' }]);
    expect(reads).toBe(1);
  });

  test('one that asked this call to stay away is left out by it until then, also when the others cool', async () => {
    const cooldowns: Cooldowns = { ...QUIET, returns: () => new Map([['a2', Date.now() + 60_000]]) };
    const heartbeatDetails = progress({
      attempts: 1,
      ended: 1,
      failedDeployments: ['a1'],
      askedToWait: { a1: Date.now() + 90_000 },
    });
    const its = { plan: two, walk: outlook({ fallbacks: false }) };
    const { output } = run({ attempt: 2, known: ['a1', 'a2'], its, cooldowns, heartbeatDetails, answer: never });
    const thrown = await thrownBy(output);
    expect(thrown).toMatchObject({ type: 'Waiting' });
    expect(thrown.nextRetryDelay).toBeGreaterThan(50_000);
  });

  test('is read again after a failure: the deployment that failed may be one of them', async () => {
    const cooling = new Map<string, number>();
    const cooldowns: Cooldowns = {
      ...QUIET,
      failed: ({ id }) => void cooling.set(id, Date.now() + 60_000),
      returns: () => cooling,
    };
    const its = { plan: groupPlan({ retryPolicy: { RateLimitErrorRetries: 5 } }), walk: outlook({ fallbacks: false }) };
    const { output } = run({ cooldowns, its, answer: async () => LIMITED });
    expect((await thrownBy(output)).nextRetryDelay).toBeGreaterThan(50_000);
  });
});

describe('a timeout that the caller made shorter than the deployment’s own cools nothing', () => {
  type Case = [
    what: string,
    cause: FailureCause,
    own: Partial<DeploymentPlan>,
    ofRouter: number | null,
    counts: boolean,
  ];
  const silent = (limitMs: number): FailureCause => ({ type: 'timeout', scope: 'first content', limitMs });
  const cases: Case[] = [
    ['shorter than that of the deployment', silent(1000), { streamTimeoutMs: 5000 }, null, false],
    ['shorter than that of the router', silent(1000), {}, 5000, false],
    ['shorter than the attempt timeout, where there is no stream_timeout', silent(1000), {}, null, false],
    ['shorter than the attempt timeout of the deployment', silent(1000), { timeoutMs: 2000 }, null, false],
    ['as long as that of the deployment', silent(5000), { streamTimeoutMs: 5000 }, null, true],
    ['longer', silent(9000), { streamTimeoutMs: 5000 }, 20_000, true],
    ['the attempt timeout', { type: 'timeout', scope: 'attempt', limitMs: 1000 }, { timeoutMs: 2000 }, null, true],
    ['silence in the middle', { type: 'timeout', scope: 'idle', limitMs: 1000 }, {}, null, true],
    ['the deadline, which is the caller’s too', { type: 'timeout', scope: 'deadline', limitMs: 1000 }, {}, null, false],
    ['no timeout at all', { type: 'http', status: 500, error: {} }, { streamTimeoutMs: 5000 }, null, true],
  ];
  test.each(cases)('%s', async (_, cause, own, ofRouter, counts) => {
    const plan = groupPlan({
      deployments: [deployment('a1', own)],
      ...(ofRouter !== null && { streamTimeoutMs: ofRouter }),
    });
    const cooldowns = createCooldowns({ allowedFails: 0, deployments: {} });
    const answer = async () => ({ facts: { cause, phase: 'waiting for the answer' as const, headers: {} } });
    await thrownBy(run({ cooldowns, its: { plan }, answer }).output);
    expect(cooldowns.returns(['a1']).size).toBe(counts ? 1 : 0);
  });
});

describe('after a cooldown', () => {
  test('the first attempt probes, one that comes beside it waits, and all follow when it has answered', async () => {
    const cooldowns = createCooldowns({ deployments: {}, cooldownMs: 1 });
    const two = groupPlan({ deployments: [deployment('a1'), deployment('a2')] });
    const its = { plan: two, walk: outlook({ fallbacks: false }) };
    for (const id of ['a1', 'a2']) cooldowns.failed({ id }, false, failure('RateLimitError'));
    await sleep(5);
    const provider = new EventEmitter();
    const held = async () => {
      await once(provider, 'release');
      return ANSWER;
    };
    const probes = [];
    for (const asked of [1, 2]) {
      probes.push(run({ known: ['a1', 'a2'], its, cooldowns, answer: held }).output);
      await waitFor(() => provider.listenerCount('release') === asked, { what: `probe ${asked}` });
    }
    const beside = run({ known: ['a1', 'a2'], its, cooldowns, answer: never });
    expect(await thrownBy(beside.output)).toMatchObject({ type: 'Waiting', nextRetryDelay: expect.any(Number) });
    provider.emit('release');
    await Promise.all(probes);
    const after = [1, 2, 3].map(() => run({ known: ['a1', 'a2'], its, cooldowns }).output);
    expect(await Promise.all(after)).toHaveLength(3);
  });
});

describe('what is held', () => {
  const held = (diverts: boolean): Hold => ({
    kind: 'group',
    target: 'a',
    deployments: ['a1'],
    by: 'ann',
    why: 'the bill',
    sinceMs: Date.now(),
    diverts,
  });
  const heldBoard = (diverts: boolean, ids: readonly string[]) => ({
    word: () => null,
    holdOf: (id: string) => (ids.includes(id) ? held(diverts) : undefined),
  });
  const NOTE = { outcome: 'note', message: 'group a is held by ann: the bill; charged to no budget' };

  test('is waited for, also where there is a fallback, with one note however often the call looks', async () => {
    const { output, beats } = run({ board: heldBoard(false, ['a1']), answer: never });
    expect(await thrownBy(output)).toMatchObject({ type: 'Waiting', nonRetryable: false });
    expect(beats).toMatchObject([{ now: expect.stringContaining('held by ann'), ledger: { entries: [NOTE] } }]);
    const again = run({ attempt: 2, heartbeatDetails: beats[0]!, board: heldBoard(false, ['a1']), answer: never });
    expect(await thrownBy(again.output)).toMatchObject({ type: 'Waiting' });
    expect(again.beats).toMatchObject([{ ended: 2, attempts: 0, ledger: { entries: [NOTE] } }]);
  });

  test('is left for a fallback, if it diverts and there is one', async () => {
    const thrown = await thrownBy(run({ board: heldBoard(true, ['a1']), answer: never }).output);
    expect(thrown).toMatchObject({ type: 'ServiceUnavailableError', nonRetryable: true });
    expect(thrown.details[0].ended.ledger.entries).toMatchObject([NOTE, { next: { action: 'give up' } }]);
    const its = { walk: outlook({ fallbacks: false }) };
    const alone = run({ board: heldBoard(true, ['a1']), answer: never, its });
    expect(await thrownBy(alone.output)).toMatchObject({ type: 'Waiting' });
  });

  test('while a call stands in a line is not asked when its turn comes: the call looks again', async () => {
    let ids: readonly string[] = [];
    // Asked when the call goes to the line.
    const probes = (): boolean => {
      ids = ['a1'];
      return false;
    };
    const board = { word: () => null, holdOf: (id: string) => heldBoard(false, ids).holdOf(id) };
    const { output, beats } = run({ board, cooldowns: { ...QUIET, probes }, answer: never });
    expect(await thrownBy(output)).toMatchObject({ type: 'Waiting', nonRetryable: false });
    expect(beats.at(-1)).toMatchObject({ attempts: 0, now: expect.stringContaining('held by ann') });
  });

  test('is not waited for beyond the deadline', async () => {
    const nowMs = Date.now();
    const { output } = run({
      board: heldBoard(false, ['a1']),
      answer: never,
      its: { deadlineMs: nowMs + 500 },
      clock: { ...systemClock, now: () => nowMs },
    });
    expect(await thrownBy(output)).toMatchObject({ type: 'ServiceUnavailableError', nonRetryable: true });
  });

  test('one deployment: the others of the group are asked', async () => {
    const its = { plan: groupPlan({ deployments: [deployment('a1'), deployment('a2')] }) };
    const { output } = run({ known: ['a1', 'a2'], its, board: heldBoard(false, ['a1']) });
    expect((await output).ended.ledger.entries).toMatchObject([{ deployment: 'a2', outcome: 'answered' }]);
  });
});
