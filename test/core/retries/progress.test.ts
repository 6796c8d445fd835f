import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isoTime } from '../../../src/core/common/iso-time.js';
import {
  begunMs,
  isProgress,
  reconcile,
  withUnread,
  retriesMade,
  startProgress,
  withoutWorker,
  type Attempt,
  type GroupProgress,
} from '../../../src/core/retries/progress.js';
import { withAttempt, withFailure } from '../../../src/core/retries/progress-steps.js';
import { deployment, failure, NOW_MS, progress } from '../build.js';

const inFlight: Attempt = { attempt: 3, deployment: 'a1', model: 'm', startedAt: isoTime(NOW_MS - 5000) };
const LOST = 'the worker was lost during this attempt; charged to no budget';
const RESET = 'the activity was reset by an operator: all budgets are fresh';

test('a group starts with nothing', () => {
  expect(startProgress('a')).toMatchObject({ group: 'a', attempts: 0, ended: 0, lost: 0, retries: 0, failures: {} });
});

test('it begins with its first attempt, wherever that was made', () => {
  expect(begunMs(null)).toBeNull();
  expect(begunMs(startProgress('a'))).toBeNull();
  const startedAt = isoTime(NOW_MS);
  const ledger = { entries: [{ group: 'a', startedAt, outcome: 'failed' as const }] };
  expect(begunMs(progress({ ledger }))).toBe(NOW_MS);
});

test('times are ISO 8601', () => {
  expect(isoTime(NOW_MS)).toBe('2026-11-22T12:00:00.000Z');
});

test.each([
  ['a progress', startProgress('a'), true],
  ['a text of Temporal', 'ACTIVITY_ID_NOT_STARTED', false],
  ['nothing', null, false],
  ['something else', { ledger: { entries: [] } }, false],
])('%s in a payload: is it a progress?', (_name, value, expected) => {
  expect(isProgress(value)).toBe(expected);
});

test('what Temporal ends without a word of a worker: an attempt in flight is lost', () => {
  const idle = progress({ attempts: 1, ended: 1 });
  expect(withoutWorker(idle, NOW_MS)).toBe(idle);
  const after = withoutWorker(progress({ attempts: 3, inFlight }), NOW_MS);
  expect(after.ledger.entries).toMatchObject([{ attempt: 3, outcome: 'lost', message: LOST }]);
});

describe('lost attempts: max(0, attempt − 1 − ended)', () => {
  const cases: [
    what: string,
    before: Partial<GroupProgress>,
    activityAttempt: number,
    lost: number,
    newlyLost: number,
  ][] = [
    ['the first attempt', {}, 1, 0, 0],
    ['after an attempt that ended with a throw', { ended: 1, attempts: 1 }, 2, 0, 0],
    ['after an attempt that was lost', { attempts: 1, inFlight: { ...inFlight, attempt: 1 } }, 2, 1, 1],
    ['after two that were lost, of which one is known', { attempts: 3, ended: 1, lost: 1, inFlight }, 4, 2, 1],
    ['after three that were lost before anything was known of them', {}, 4, 3, 3],
    ['after a lost one that was noted already', { attempts: 2, ended: 1, lost: 1 }, 3, 1, 0],
  ];
  test.each(cases)('%s', (_, before, activityAttempt, lost, newlyLost) => {
    const after = reconcile(progress(before), activityAttempt, NOW_MS);
    expect(after.lost).toBe(lost);
    expect(after.ledger.entries.map(({ message }) => message)).toEqual(Array(newlyLost).fill(LOST));
    expect(after.inFlight).toBeNull();
  });

  test('a lost attempt is in the ledger with all that is known of it, and is charged to nothing', () => {
    const before = progress({
      attempts: 3,
      ended: 2,
      retries: 2,
      failures: { num_retries: 2 },
      standby: 'a1',
      inFlight,
    });
    expect(reconcile(before, 4, NOW_MS)).toEqual({
      ...before,
      lost: 1,
      inFlight: null,
      ledger: { entries: [{ ...inFlight, group: 'a', outcome: 'lost', message: LOST }] },
    });
  });

  test('attempts that could not read what they were given count as ended, for nothing; the one in flight before is lost', () => {
    const before = progress({ attempts: 2, ended: 1, inFlight: { ...inFlight, attempt: 2 } });
    const known = withUnread(before, 9, NOW_MS);
    expect(known).toMatchObject({ attempts: 2, ended: 7, lost: 1, inFlight: null, retries: before.retries });
    expect(reconcile(known, 9, NOW_MS)).toEqual(known);
    expect(withUnread(progress({ ended: 3 }), 2, NOW_MS).ended).toBe(3);
  });

  test('one of which nothing is known has a number and a time', () => {
    const { attempts, ledger } = reconcile(progress({ attempts: 2, ended: 2 }), 4, NOW_MS);
    expect(attempts).toBe(3);
    expect(ledger.entries).toEqual([
      { attempt: 3, group: 'a', startedAt: isoTime(NOW_MS), outcome: 'lost', message: LOST },
    ]);
  });
});

describe("an attempt number that went back is an operator's reset", () => {
  const used = {
    attempts: 4,
    retries: 3,
    failures: { num_retries: 3 },
    failedDeployments: ['a1'],
    standby: 's',
    lastBudgetSize: 3,
  };

  test.each<[what: string, before: Partial<GroupProgress>, activityAttempt: number, lost: number, notes: string[]]>([
    ['back to 1', { ...used, ended: 4 }, 1, 0, [RESET]],
    ['back to a number that was had', { ...used, ended: 4 }, 4, 3, [RESET, LOST, LOST, LOST]],
    ['after lost attempts only', { attempts: 3, lost: 3 }, 1, 0, [RESET]],
    ['after lost attempts and others', { ...used, ended: 2, lost: 2 }, 4, 3, [RESET, LOST, LOST, LOST]],
    ['with an attempt in flight, which was lost', { ...used, ended: 3, inFlight }, 1, 0, [LOST, RESET]],
    ['with its first attempt in flight', { attempts: 1, inFlight }, 1, 0, [LOST, RESET]],
  ])('%s', (_, before, activityAttempt, lost, notes) => {
    const after = reconcile(progress(before), activityAttempt, NOW_MS);
    expect(after.ledger.entries.map(({ message }) => message)).toEqual(notes);
    expect(after).toEqual({
      ...startProgress('a'),
      attempts: (before.attempts ?? 0) + lost,
      lost,
      ledger: after.ledger,
      retriesBeforeReset: before.retries ?? 0,
      lastBudgetSize: before.lastBudgetSize ?? null,
    });
  });

  test('a second reset keeps the retries from before the first', () => {
    const once = reconcile(progress({ ...used, ended: 4 }), 1, NOW_MS);
    const twice = reconcile({ ...once, retries: 2, ended: 2 }, 1, NOW_MS);
    expect(retriesMade(twice)).toBe(5);
    expect(twice).toMatchObject({ retries: 0, failures: {} });
  });

  test('the number that follows the known attempts is none', () => {
    expect(reconcile(progress({ ...used, ended: 2, lost: 2 }), 5, NOW_MS)).toMatchObject({ ...used, lost: 2 });
  });
});

test('whatever happens to the workers, attempts are counted once and losses are never charged', () => {
  // What becomes of each attempt of the activity: it throws, or its worker dies before or during the request.
  const fates = fc.array(fc.constantFrom('throws', 'dies before', 'dies during'), { maxLength: 40 });
  fc.assert(
    fc.property(fates, (story) => {
      let known = startProgress('a');
      for (const [index, fate] of story.entries()) {
        let now = reconcile(known, index + 1, NOW_MS);
        if (fate === 'dies before') continue;
        now = withAttempt(now, deployment('a1'), NOW_MS);
        if (fate === 'throws') {
          const decided = {
            decision: { action: 'retry', waitMs: 0, reason: '' },
            budget: { name: 'num_retries', size: 99, moveOnly: false },
          } as const;
          now = withFailure(now, failure('Timeout'), decided, NOW_MS);
        }
        known = now;
      }
      const last = reconcile(known, story.length + 1, NOW_MS);
      const thrown = story.filter((fate) => fate === 'throws').length;
      expect({ attempts: last.attempts, ended: last.ended, lost: last.lost }).toEqual({
        attempts: story.length,
        ended: thrown,
        lost: story.length - thrown,
      });
      expect(last.failures.num_retries ?? 0).toBe(thrown);
      expect(last.ledger.entries.length).toBe(story.length);
    }),
  );
});
