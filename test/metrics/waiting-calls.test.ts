import { describe, expect, test } from 'vitest';
import { WaitingCalls } from '../../src/metrics/waiting-calls.js';

const wait = (more: object = {}) => ({ group: 'fast', reason: 'RateLimitError', sinceMs: 0, untilMs: 60_000, ...more });

describe('calls that wait', () => {
  test('are counted by group and reason, with the one that has waited longest', () => {
    const waiting = new WaitingCalls();
    waiting.waits('a', wait({ sinceMs: 500 }), 1000);
    waiting.waits('b', wait({ sinceMs: 300 }), 1000);
    waiting.waits('c', wait({ reason: 'limit' }), 1000);
    waiting.waits('d', wait({ group: 'smart' }), 1000);
    expect(waiting.groups(1000)).toEqual([
      { group: 'fast', reason: 'RateLimitError', calls: 2, sinceMs: 300 },
      { group: 'fast', reason: 'limit', calls: 1, sinceMs: 0 },
      { group: 'smart', reason: 'RateLimitError', calls: 1, sinceMs: 0 },
    ]);
  });

  test('count once, however often they wait', () => {
    const waiting = new WaitingCalls();
    waiting.waits('a', wait(), 0);
    waiting.waits('a', wait({ reason: 'limit' }), 1000);
    expect(waiting.groups(1000)).toEqual([{ group: 'fast', reason: 'limit', calls: 1, sinceMs: 0 }]);
  });

  test('count no more when an attempt begins, or began elsewhere when the wait was over', () => {
    const waiting = new WaitingCalls();
    waiting.waits('a', wait(), 0);
    waiting.waits('b', wait(), 0);
    waiting.ended('a');
    expect(waiting.groups(60_000)).toMatchObject([{ calls: 1 }]);
    expect(waiting.groups(70_001)).toEqual([]);
  });

  test('are forgotten when they are over, also where nobody looks', () => {
    const waiting = new WaitingCalls();
    for (let each = 0; each < 5000; each++) waiting.waits(`${each}`, wait({ untilMs: each * 100 }), each * 100);
    expect(waiting.size).toBeLessThan(1500);
  });
});
