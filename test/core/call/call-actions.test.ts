import { describe, expect, test } from 'vitest';
import {
  CALL_ACTION_NAMES,
  isDoneAlready,
  noteOfAction,
  noteOfStop,
  problemOfAction,
  refusalOfAction,
  type GroupState,
} from '../../../src/core/call/call-actions.js';

const STATES: readonly GroupState[] = ['asking', 'pausing', 'waiting', 'queued', 'paused', 'stopping', 'gated'];

describe('what an action means, by what the group of the call does', () => {
  // + taken, - refused, in the order of the states.
  test.each([
    ['pause', '+ - + + - - +'],
    ['resume', '- + - - + - -'],
    ['retry-now', '- - + - + - -'],
    ['skip', '+ + + + + - +'],
    ['use', '+ + + + + - +'],
    ['extend', '+ + + + + - +'],
    ['replan', '- - + + + - +'],
    ['answer', '+ + + + + - +'],
    ['fail', '+ + + + + - +'],
    ['cancel', '+ + + + + - +'],
    ['approve', '- - - - - - +'],
    ['deny', '- - - - - - +'],
  ] as const)('%s: %s', (action, taken) => {
    expect(STATES.map((state) => (refusalOfAction(action, state) === null ? '+' : '-')).join(' ')).toBe(taken);
  });

  test('the table has every action', () => {
    expect(CALL_ACTION_NAMES).toHaveLength(12);
  });

  test('a refusal says what the call does, and when the action is for it', () => {
    expect(refusalOfAction('resume', 'waiting')).toBe(
      'resume is not for a call that waits for the time of its next attempt: it is for one that is paused, or has an ' +
        'attempt in flight, and is paused after it',
    );
  });
});

const by = { by: 'anna', why: 'an outage' };

describe('what a worker that was lost has done already', () => {
  const other = { by: 'ben', why: 'an outage' };
  test.each([
    ['its pause', 'pause', 'paused', by, false, true],
    ['its pause while an attempt is in flight', 'pause', 'pausing', by, false, true],
    ['no pause of another person', 'pause', 'paused', other, false, false],
    ['no pause for another reason', 'pause', 'paused', { ...by, why: 'lunch' }, false, false],
    ['no pause that the call knows of: it is asked for again', 'pause', 'paused', by, true, false],
    ['no pause of a group that goes on', 'pause', 'waiting', null, false, false],
    ['its end of the pause', 'resume', 'waiting', null, true, true],
    ['no end of a pause that lasts', 'resume', 'paused', by, true, false],
    ['no end of no pause', 'resume', 'waiting', null, false, false],
    ['no end of a pause of a call that is cancelled', 'resume', 'stopping', null, true, false],
    ['nothing, as far as a worker of before tells', 'pause', 'paused', undefined, false, false],
    ['no other action', 'skip', 'paused', by, false, false],
  ] as const)('%s', (_what, action, state, pausedBy, isPaused, isDone) => {
    const seen = pausedBy === undefined ? { state } : { state, pausedBy };
    expect(isDoneAlready(action, by, seen, isPaused)).toBe(isDone);
  });
});

describe('the input of an action', () => {
  test.each([
    ['skip', by, null],
    ['skip', null, '{"by": "your name", "why": "the reason"}'],
    ['skip', 'because', 'takes an object'],
    ['skip', { why: 'an outage' }, '"by" must say who acts, in at most 100 characters'],
    ['skip', { ...by, by: 'x'.repeat(101) }, '"by" must say'],
    ['skip', { by: 'anna', why: ' ' }, '"why" must give a reason, in at most 300 characters'],
    ['use', { ...by, group: 'b' }, null],
    ['use', by, 'the name of a model group as "group"'],
    ['answer', { ...by, response: {} }, null],
    ['answer', { ...by, response: null }, 'a JSON object, as "response"'],
    ['answer', { ...by, response: [] }, 'a JSON object, as "response"'],
    ['extend', { ...by, retries: 2 }, null],
    ['extend', { ...by, retries: 2, field: 'RateLimitErrorRetries' }, null],
    ['extend', { ...by, seconds: 0.5 }, null],
    ['extend', by, 'extend takes "retries"'],
    ['extend', { ...by, retries: 0 }, '"retries" must be a whole number from 1 to 1000'],
    ['extend', { ...by, retries: 1.5 }, '"retries" must be'],
    ['extend', { ...by, retries: 1001 }, '"retries" must be'],
    ['extend', { ...by, seconds: 0 }, '"seconds" must be a number above 0'],
    ['extend', { ...by, seconds: 1e9 }, 'at most 31622400'],
    ['extend', { ...by, seconds: '60' }, '"seconds" must be a number above 0'],
    ['extend', { ...by, retries: 1, field: 'RateLimitRetries' }, '"field" must be one of BadRequestErrorRetries,'],
  ] as const)('%s with %j: %s', (action, input, problem) => {
    if (problem === null) expect(problemOfAction(action, input)).toBeNull();
    else expect(problemOfAction(action, input)).toContain(problem);
  });
});

describe('the entry of an action in the ledger', () => {
  test.each([
    ['skip', {}, 'skip by anna: an outage; charged to no budget'],
    ['use', { group: 'b' }, 'use b by anna: an outage; charged to no budget'],
    ['extend', { retries: 2 }, 'extend (2 more retries) by anna'],
    ['extend', { retries: 2, field: 'TimeoutErrorRetries' }, 'extend (2 more retries of TimeoutErrorRetries) by anna'],
    ['extend', { seconds: 60 }, 'extend (60 s more) by anna'],
    ['extend', { seconds: 60, retries: 1 }, 'extend (1 more retries, 60 s more) by anna'],
  ] as const)('%s with %j: %s', (action, more, message) => {
    const { message: told, ...entry } = noteOfAction(action, { ...by, ...more }, 'a', 0);
    expect(told).toContain(message);
    expect(entry).toEqual({ group: 'a', outcome: 'note', startedAt: '1970-01-01T00:00:00.000Z' });
  });

  test('has no secret', () => {
    const why = 'the key sk-0123456789abcdef0123 was taken';
    expect(noteOfAction('skip', { by: 'anna', why }, 'a', 0).message).not.toContain('sk-0123456789abcdef0123');
    expect(noteOfStop('cancelled', why, 'a', 0)).toMatchObject({ group: 'a', outcome: 'note' });
    expect(noteOfStop('cancelled', why, 'a', 0).message).not.toContain('sk-0123456789abcdef0123');
  });
});
