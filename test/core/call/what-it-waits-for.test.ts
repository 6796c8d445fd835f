import { describe, expect, test } from 'vitest';
import { whatItWaitsFor, type WaitingGroup } from '../../../src/core/call/what-it-waits-for.js';
import type { GroupProgress } from '../../../src/core/retries/progress.js';
import { failure, NOW_MS, progress } from '../build.js';

const after = (kind: Parameters<typeof failure>[0], more: Partial<GroupProgress>): GroupProgress =>
  progress({ decided: { failure: failure(kind), action: 'retry', untilMs: NOW_MS }, lastBudgetSize: 3, ...more });

const WAITING: WaitingGroup = { state: 'waiting', nextAttemptMs: NOW_MS, progress: null };

describe('what a call waits for', () => {
  test.each([
    ['that no worker has begun', null, { state: 'beginning', waitsFor: 'a worker that begins it' }],
    [
      'that has told nothing yet',
      WAITING,
      { state: 'waiting', waitsFor: 'its next attempt', kind: null, retriesLeft: null },
    ],
    [
      'whose first attempt was lost',
      { ...WAITING, progress: progress({}) },
      { waitsFor: 'its next attempt', kind: null, retriesLeft: null },
    ],
    [
      'whose attempt failed, charged to no budget',
      { ...WAITING, progress: after('Timeout', { lastBudgetSize: null }) },
      { kind: 'Timeout', retriesLeft: null },
    ],
    [
      'whose attempt failed',
      { ...WAITING, progress: after('RateLimitError', { failures: { num_retries: 2 } }) },
      {
        state: 'waiting',
        waitsFor: 'the retry after RateLimitError',
        kind: 'RateLimitError',
        dueMs: NOW_MS,
        retriesLeft: 1,
      },
    ],
    [
      'that was put off',
      { ...WAITING, progress: after('Timeout', { deferredFor: 'a slot of a1 (rpm, max_parallel_requests)' }) },
      { waitsFor: 'a slot of a1 (rpm, max_parallel_requests)', kind: 'Timeout', retriesLeft: null },
    ],
    [
      'whose kind has a budget of its own',
      {
        ...WAITING,
        progress: after('RateLimitError', { failures: { RateLimitErrorRetries: 3, num_retries: 0 } }),
      },
      { retriesLeft: 0 },
    ],
    ['that is queued', { ...WAITING, state: 'queued' }, { state: 'queued', waitsFor: 'a worker', dueMs: null }],
    ['that is paused', { ...WAITING, state: 'paused' }, { state: 'paused', waitsFor: 'resume: it is paused' }],
  ] satisfies [string, WaitingGroup | null, object][])('one %s', (_what, group, expected) => {
    expect(whatItWaitsFor(group)).toMatchObject(expected);
  });

  test.each(['asking', 'pausing', 'stopping'] as const)('one that is %s waits for nothing', (state) => {
    expect(whatItWaitsFor({ ...WAITING, state })).toBeNull();
  });
});
