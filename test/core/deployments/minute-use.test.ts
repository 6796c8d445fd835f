import { expect, test } from 'vitest';
import { MinuteUse } from '../../../src/core/deployments/minute-use.js';
import { NOW_MS } from '../build.js';
import { seconds } from './play-line.js';

test('turns that are given back late, and taken again, leave no minute with more', () => {
  const minute = new MinuteUse();
  const limits = { rpm: 6, burst: 3 };
  const next = (fromMs: number) => minute.began(limits, undefined, minute.freeMs(limits, undefined, fromMs, false));
  const early = [next(NOW_MS), next(NOW_MS + 10_000)];
  const lateMs = NOW_MS + 25_000;
  const begun = early.map((each) => {
    minute.notMade(limits, each, lateMs);
    return next(lateMs);
  });
  while (begun.length < 7) begun.push(next(begun.at(-1)?.begunMs ?? 0));
  const [first = 0, ...rest] = begun.map(({ begunMs }) => seconds(begunMs));
  expect([first, rest[0], rest.at(-1)]).toEqual([25, 25, 85.3]);
});
