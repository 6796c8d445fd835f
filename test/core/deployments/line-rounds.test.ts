import { describe, expect, test } from 'vitest';
import { Line, type RequestLimits } from '../../../src/core/deployments/line.js';
import { NOW_MS } from '../build.js';

/** A worker of three that share 600 a minute: many of a batch wait in all of them, and stand in this one. */
const LIMITS: RequestLimits = {
  rpm: 60,
  whole: { rpm: 600 },
  others: { count: 2, waiting: 40, besideOwn: 20 },
};

const arrive = (line: Line, flow: string, isBack: boolean) =>
  line.arrive({ flow, priority: 3, sinceMs: line.newPlace(NOW_MS), deadlineMs: null }, isBack, LIMITS, NOW_MS);

function withBatch(): Line {
  const line = new Line();
  for (let count = 0; count < 41; count++) arrive(line, 'batch', true);
  // Ten have begun: it is not new.
  expect(line.next({ maxParallelRequests: 20 }, NOW_MS)).toHaveLength(10);
  return line;
}

describe('the calls of a flow that comes newly, which may all have come to this worker', () => {
  test('have as many turns in each round as there are workers, until ten have begun', () => {
    const line = withBatch();
    for (let count = 0; count < 14; count++) arrive(line, 'key', true);
    const begun: string[] = [];
    for (let second = 0; second < 60; second++) {
      for (const [{ flow }] of line.next(LIMITS, NOW_MS + second * 1_000)) begun.push(flow);
    }
    const keys = (from: number, to: number) => begun.slice(from, to).filter((flow) => flow === 'key').length;
    expect([keys(0, 12), keys(12, 20)]).toEqual([9, 5]);
  });

  test('are foretold turns in each round of all workers, not one for each of the others’ calls', () => {
    const line = withBatch();
    const due = Array.from({ length: 4 }, () => arrive(line, 'key', false)).map((arrival) =>
      arrival.type === 'booked' ? (arrival.dueMs - NOW_MS) / 1_000 : arrival.type,
    );
    expect(due).toEqual(['stands', 0.6, 0.7, 0.8]);
  });

  test('go away where this worker’s share is too small for them', () => {
    const line = withBatch();
    expect([1, 2].map(() => arrive(line, 'key', false).type)).toEqual(['stands', 'booked']);
  });
});
