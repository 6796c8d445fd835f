import { expect, test } from 'vitest';
import { startWalk } from '../../../src/core/fallbacks/fallback-walk.js';
import { startGroup } from '../../../src/core/call/group-start.js';
import { callPlan, lists, rules } from '../build.js';

const alone = callPlan(['a']);
const withFallback = callPlan(['a', 'b'], { lists: lists({ fallbacks: rules({ a: ['b'] }) }) });

test.each([
  ['the last group has all the time that is left', alone, 10_000],
  ['while another group could follow, its share is kept', withFallback, 7_500],
])('%s', (_, plan, deadlineMs) => {
  const reserved = { ...plan, fallbackReserve: 0.25 };
  const start = startGroup(reserved, startWalk(plan), { group: 'a' }, { callDeadlineMs: 10_000, nowMs: 0 });
  expect(start).toMatchObject({ deadlineMs, plan: { group: 'a' }, walk: { blockedAnswerFails: false } });
});

test('without a total a group has all the time it needs', () => {
  const start = startGroup(withFallback, startWalk(withFallback), { group: 'a' }, { callDeadlineMs: null, nowMs: 0 });
  expect(start.deadlineMs).toBeNull();
});

test('a group that the plan does not have is a mistake of ours', () => {
  expect(() => startGroup(alone, startWalk(alone), { group: 'gone' }, { callDeadlineMs: null, nowMs: 0 })).toThrow(
    'the plan of this call has no group gone',
  );
});
