import { describe, expect, test } from 'vitest';
import { decide, type DecideInput, type Decision } from '../../../src/core/retries/decide.js';
import type { ErrorKind } from '../../../src/core/errors/error-kinds.js';
import { deployment, failure, groupPlan, NOW_MS, outlook, progress } from '../build.js';

const two = groupPlan({ deployments: [deployment('a1'), deployment('a2')] });
const ALL_COOL = new Map([
  ['a1', NOW_MS + 5000],
  ['a2', NOW_MS + 4000],
]);

function decision(kind: ErrorKind, set: Partial<DecideInput>): Decision {
  return decide({
    failure: failure(kind),
    deployment: deployment('a1'),
    plan: two,
    progress: progress(),
    cooling: ALL_COOL,
    walk: outlook(),
    deadlineMs: null,
    retriesLeftInCall: null,
    nowMs: NOW_MS,
    random: () => 0.5,
    ...set,
  }).decision;
}

describe('a retry waits for deployments that cool', () => {
  const cases: [what: string, kind: ErrorKind, set: Partial<DecideInput>, waitMs: number, reason: string][] = [
    [
      'all deployments cool, and no other group can be asked: until the first is back',
      'RateLimitError',
      { plan: two, cooling: ALL_COOL, walk: outlook({ fallbacks: false }) },
      4000,
      'retry 1 of 2 on num_retries; all deployments that could be asked are cooling down until then',
    ],
    [
      'all deployments cool, but one is back before the wait is over',
      'RateLimitError',
      { plan: two, cooling: ALL_COOL, failure: failure('RateLimitError', { retryAfterMs: 4000 }) },
      4200,
      'retry 1 of 2 on num_retries; the provider asked for 4 s (Retry-After)',
    ],
    [
      'an error that only moves, to a deployment that cools: until it is back',
      'AuthenticationError',
      {
        plan: two,
        cooling: new Map([['a2', NOW_MS + 7000]]),
        walk: outlook({ fallbacks: false }),
      },
      7000,
      'retry 1 of 2 on num_retries; all deployments that could be asked are cooling down until then',
    ],
  ];
  test.each(cases)('%s', (_, kind, set, waitMs, reason) => {
    expect(decision(kind, set)).toEqual({ action: 'retry', waitMs, reason });
  });
});

describe('a group gives up', () => {
  const cases: [what: string, kind: ErrorKind, set: Partial<DecideInput>, reason: string][] = [
    [
      'when all deployments cool, and another group can be asked now',
      'RateLimitError',
      { plan: two, cooling: ALL_COOL },
      'all deployments that could be asked are cooling down, and another group can be asked now',
    ],
    [
      'when all deployments cool until after the deadline',
      'RateLimitError',
      {
        plan: two,
        cooling: ALL_COOL,
        walk: outlook({ fallbacks: false }),
        deadlineMs: NOW_MS + 3000,
      },
      'a wait of 4 s would pass the deadline of the group',
    ],
  ];
  test.each(cases)('%s', (_, kind, set, reason) => {
    expect(decision(kind, set)).toEqual({ action: 'give up', reason });
  });
});
