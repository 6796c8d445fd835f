import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GroupPlan } from '../../../src/core/plan/call-plan.js';
import { decide } from '../../../src/core/retries/decide.js';
import { ERROR_KIND_NAMES, POLICY_FIELDS, type ErrorKind } from '../../../src/core/errors/error-kinds.js';
import { activityOptions, groupSummary, STORAGE_PATIENCE_MS } from '../../../src/core/call/activity-options.js';
import { deployment, failure, groupPlan, outlook, progress } from '../build.js';

const NOW_MS = 1_800_000_000_000;
const options = (plan: GroupPlan, deadlineMs: number | null = null) =>
  activityOptions(plan, { deadlineMs, nowMs: NOW_MS, summary: 'a line' });

const plan = (changes: Partial<GroupPlan> = {}) => groupPlan({ group: 'fast', ...changes });

describe('activity options from the plan of a group', () => {
  test('the id is the group, the summary the request', () => {
    expect(options(plan())).toMatchObject({ activityId: 'fast', summary: 'a line', heartbeatTimeout: 10_000 });
    expect(groupSummary('fast', 'Which bird is this?')).toBe('fast: Which bird is this?');
  });

  test('a call that is cancelled ends when its request has', () => {
    expect(options(plan()).cancellationType).toBe('WAIT_CANCELLATION_COMPLETED');
  });

  test.each<[string, Partial<GroupPlan>, number]>([
    ['the group’s', { timeoutMs: 30_000 }, 45_000],
    [
      'the longest of its deployments',
      { timeoutMs: 1000, deployments: [deployment('a', { timeoutMs: 90_000 })] },
      105_000,
    ],
  ])('startToCloseTimeout is above the attempt timeout: %s', (_name, changes, expected) => {
    expect(options(plan(changes)).startToCloseTimeout).toBe(expected);
  });

  test.each<[string, number | null, number | undefined]>([
    ['no deadline', null, undefined],
    ['a deadline in 20 s: our own comes first', NOW_MS + 20_000, 25_000],
    ['a deadline that has passed', NOW_MS - 1, 5_000],
  ])('scheduleToCloseTimeout: %s', (_name, deadlineMs, expected) => {
    expect(options(plan(), deadlineMs).scheduleToCloseTimeout).toBe(expected);
  });

  test('a row has time to be read, and to be written, while storage is away', () => {
    const times = { deadlineMs: NOW_MS + 20_000, nowMs: NOW_MS, summary: 'a line' };
    const [row, other] = [true, false].map((isRow) => activityOptions(plan(), { ...times, isRow }));
    expect((row?.startToCloseTimeout ?? 0) - (other?.startToCloseTimeout ?? 0)).toBe(2 * STORAGE_PATIENCE_MS);
    expect((row?.scheduleToCloseTimeout ?? 0) - (other?.scheduleToCloseTimeout ?? 0)).toBe(STORAGE_PATIENCE_MS);
  });

  test('Temporal does not count attempts: waits, shutdowns and pauses are charged to nothing', () => {
    expect(options(plan()).retry).not.toHaveProperty('maximumAttempts');
  });

  test.each<[string, Partial<GroupPlan>, ErrorKind, boolean]>([
    ['a bad request', {}, 'BadRequestError', true],
    ['a bad request that a field retries', { retryPolicy: { BadRequestErrorRetries: 1 } }, 'BadRequestError', false],
    ['its child, by the same field', { retryPolicy: { BadRequestErrorRetries: 1 } }, 'UnprocessableEntityError', false],
    ['a context error, even so', { retryPolicy: { BadRequestErrorRetries: 1 } }, 'ContextWindowExceededError', true],
    ['a 429', {}, 'RateLimitError', false],
    ['a 429 with num_retries: 0 of the request', { requestNumRetries: 0 }, 'RateLimitError', true],
    ['a 401 of the only deployment', {}, 'AuthenticationError', true],
    ['a 401 of one of two', { deployments: [deployment('a'), deployment('b')] }, 'AuthenticationError', false],
    [
      'a 400 of one of two: it may be of what is kept at the other',
      { deployments: [deployment('a'), deployment('b')] },
      'BadRequestError',
      false,
    ],
    ['a 422 of one of two', { deployments: [deployment('a'), deployment('b')] }, 'UnprocessableEntityError', true],
  ])('%s ends the group for good', (_name, changes, kind, ends) => {
    expect(options(plan(changes)).retry?.nonRetryableErrorTypes?.includes(kind)).toBe(ends);
  });

  test('decide never goes on after a kind that Temporal is told not to retry', () => {
    const anyPlan = fc.record({
      deployments: fc.array(
        fc.record({ order: fc.integer({ min: 1, max: 3 }), numRetries: fc.option(fc.nat(3), { nil: undefined }) }),
        { minLength: 1, maxLength: 3 },
      ),
      retryPolicy: fc.dictionary(fc.constantFrom(...POLICY_FIELDS), fc.nat(3)),
      requestNumRetries: fc.option(fc.nat(2), { nil: undefined }),
      numRetries: fc.nat(2),
    });
    fc.assert(
      fc.property(anyPlan, fc.constantFrom(...ERROR_KIND_NAMES), fc.boolean(), (changes, kind, quota) => {
        const deployments = changes.deployments.map((its, index) => deployment(`d${index}`, its));
        const group = plan({ ...changes, deployments });
        const { decision } = decide({
          failure: failure(kind, quota ? { notRetriedByDefault: 'quota' } : {}),
          deployment: deployments[0]!,
          plan: group,
          progress: progress(),
          cooling: new Map(),
          walk: outlook(),
          deadlineMs: null,
          retriesLeftInCall: null,
          nowMs: NOW_MS,
          random: () => 0,
        });
        const final = options(group).retry.nonRetryableErrorTypes.includes(kind);
        expect(final && decision.action !== 'give up').toBe(false);
      }),
    );
  });
});
