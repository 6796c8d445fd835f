import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EMPTY_BOARD,
  takeReport,
  withoutLost,
  type Board,
  type DeploymentUse,
  type ShareView,
} from '../../../src/core/deployments/board.js';
import {
  hasLimit,
  LEASE_MS,
  NO_OTHERS,
  noShareOf,
  partOf,
  withAtLeast,
  type Share,
} from '../../../src/core/deployments/shares.js';
import { NOW_MS } from '../build.js';

/** Workers that report on one deployment, each keeping what it was given last. */
class Workers {
  board: Board = EMPTY_BOARD;
  nowMs = NOW_MS;
  readonly views = new Map<string, ShareView>();
  readonly sent = new Map<string, number>();

  report(worker: string, limits: Share, use: Partial<DeploymentUse> = {}): ShareView {
    const keeps = this.views.get(worker)?.share ?? {};
    const all: DeploymentUse = { limits, keeps, sent: this.sent.get(worker) ?? 0, inFlight: 0, due: 0, ...use };
    const { board, view } = takeReport(this.board, { worker, deployments: { a: all } }, this.nowMs);
    this.board = board;
    this.views.set(worker, view['a']!);
    return view['a']!;
  }

  /** What all hold together by the board. */
  held(name: keyof Share): number {
    const workers = Object.values(this.board.deployments['a']?.workers ?? {});
    return workers.reduce((sum, { share }) => sum + (share[name] ?? 0), 0);
  }
}

const RPM = { rpm: 600 };
const ONE_OTHER = { ...NO_OTHERS, count: 1 };

describe('the share of a worker', () => {
  test('alone it has all, from its second report on', () => {
    const workers = new Workers();
    const limits = { rpm: 600, maxParallelRequests: 40 };
    const half = { share: { rpm: 300, maxParallelRequests: 20 }, others: NO_OTHERS, burst: 30 };
    expect(workers.report('w1', limits)).toEqual(half);
    expect(workers.report('w1', limits)).toEqual({ share: limits, others: NO_OTHERS, burst: 60 });
    expect(workers.report('w2', {})).toEqual({ share: {}, others: ONE_OTHER, burst: 0 });
  });

  test('another one gets its part when the first has given it back', () => {
    const workers = new Workers();
    const rounds = (names: string[]) => names.map((worker) => workers.report(worker, RPM).share.rpm);
    expect(rounds(['w1', 'w1', 'w2', 'w1', 'w2', 'w1', 'w2'])).toEqual([300, 600, 0, 300, 0, 300, 300]);
    expect(workers.report('w3', RPM)).toMatchObject({ share: { rpm: 0 }, others: { count: 2 } });
    rounds(['w1', 'w2', 'w1', 'w2']);
    expect(rounds(['w1', 'w2', 'w3'])).toEqual([200, 200, 200]);
  });

  test('of those that come at once each has a part', () => {
    const shares = (rpm: number) => {
      const workers = new Workers();
      return ['w1', 'w2', 'w3', 'w4'].map((worker) => workers.report(worker, { rpm }).share.rpm);
    };
    expect(shares(600)).toEqual([300, 200, 100, 0]);
    expect(shares(60)).toEqual([30, 20, 10, 0]);
    expect(shares(9)).toEqual([5, 3, 1, 0]);
    expect(shares(1)).toEqual([1, 0, 0, 0]);
  });

  test('each is told how many wait at the others, and how many at itself when they told of theirs', () => {
    const workers = new Workers();
    workers.report('w1', RPM, { due: 1, waiting: 100 });
    workers.nowMs += 250;
    expect(workers.report('w2', RPM, { due: 7 }).others).toEqual({ count: 1, waiting: 100, besideOwn: 7 });
    workers.nowMs += 750;
    expect(workers.report('w1', RPM, { due: 1, waiting: 500 }).others).toEqual({
      count: 1,
      waiting: 7,
      besideOwn: 200,
    });
    workers.nowMs += 250;
    expect(workers.report('w2', RPM, { due: 17 }).others).toEqual({ count: 1, waiting: 500, besideOwn: 14.5 });
  });

  test('those who come back soon come to any worker, and little goes from one to another', () => {
    const workers = new Workers();
    for (let round = 0; round < 3; round++) {
      workers.report('w1', RPM, { due: 8, soon: 30 });
      workers.report('w2', RPM, { due: 2 });
    }
    expect(workers.report('w1', RPM, { due: 8, soon: 30 }).share.rpm).toBe(343);
    for (let round = 0; round < 3; round++) {
      workers.report('w1', RPM, { due: 5, soon: 30 });
      workers.report('w2', RPM, { due: 4 });
    }
    expect(workers.report('w1', RPM, { due: 5, soon: 30 }).share.rpm).toBe(343);
    for (let round = 0; round < 3; round++) {
      workers.report('w1', RPM, { due: 4, soon: 30 });
      workers.report('w2', RPM, { due: 5 });
    }
    expect(workers.report('w1', RPM, { due: 4, soon: 30 }).share.rpm).toBe(343);
  });

  test('who has more calls due has more', () => {
    const workers = new Workers();
    const due = { w1: 8, w2: 2 };
    for (const worker of ['w1', 'w2', 'w1', 'w2', 'w1', 'w2', 'w1'] as const) {
      workers.report(worker, RPM, { due: due[worker] });
    }
    expect(workers.report('w1', RPM, { due: 8 }).share.rpm).toBe(450);
    expect(workers.report('w2', RPM, { due: 2 }).share.rpm).toBe(150);
  });

  test('a limit that is smaller than their number is whole at those with calls', () => {
    const workers = new Workers();
    const limits = { maxParallelRequests: 1 };
    expect(workers.report('w1', limits).share).toEqual({ maxParallelRequests: 1 });
    expect(workers.report('w2', limits, { due: 3 }).share).toEqual({ maxParallelRequests: 0 });
    expect(workers.report('w1', limits).share).toEqual({ maxParallelRequests: 0 });
    expect(workers.report('w2', limits, { due: 3 }).share).toEqual({ maxParallelRequests: 0 });
    expect(workers.report('w1', limits).share).toEqual({ maxParallelRequests: 0 });
    expect(workers.report('w2', limits, { due: 3 }).share).toEqual({ maxParallelRequests: 1 });
  });

  test('of one that vanished is given to others when its lease is over', () => {
    const workers = new Workers();
    workers.report('w1', RPM);
    workers.report('w1', RPM);
    workers.nowMs += LEASE_MS - 1;
    expect(workers.report('w2', RPM).share.rpm).toBe(0);
    workers.nowMs += 1;
    expect(workers.report('w2', RPM).share.rpm).toBe(600);
  });

  test('of one that keeps requests under way is no smaller than these', () => {
    const workers = new Workers();
    const limits = { maxParallelRequests: 4 };
    workers.report('w1', limits);
    workers.report('w1', limits);
    workers.report('w2', limits, { due: 4 });
    workers.report('w1', limits, { keeps: { maxParallelRequests: 4 }, inFlight: 4 });
    expect(workers.report('w2', limits, { due: 4 }).share.maxParallelRequests).toBe(0);
    expect(workers.held('maxParallelRequests')).toBe(4);
  });

  test('beside one whose config has no limit', () => {
    const workers = new Workers();
    workers.report('w1', {});
    expect(workers.report('w2', { rpm: 9 })).toEqual({
      share: { rpm: 3 },
      others: ONE_OTHER,
      burst: 3,
    });
  });

  test('is by the limit of its own config, which a deploy changes', () => {
    const workers = new Workers();
    workers.report('w1', { rpm: 600 });
    expect(workers.report('w1', { rpm: 600 }).share.rpm).toBe(600);
    expect(workers.report('w1', { rpm: 60 }).share.rpm).toBe(60);
    expect(workers.report('w1', { rpm: 600 }).share.rpm).toBe(600);
  });

  type Differ = [old: Share, next: Share, oldShare: Share, nextShare: Share];
  test.each<Differ>([
    [{ rpm: 600 }, { rpm: 60 }, { rpm: 300 }, { rpm: 30 }],
    [{ rpm: 60 }, { rpm: 600 }, { rpm: 30 }, { rpm: 300 }],
    [{ rpm: 7 }, { rpm: 600 }, { rpm: 4 }, { rpm: 257 }],
    [{ maxParallelRequests: 8 }, { maxParallelRequests: 2 }, { maxParallelRequests: 4 }, { maxParallelRequests: 1 }],
    [{ rpm: 600 }, { rpm: 600, tpm: 9_000 }, { rpm: 300 }, { rpm: 300, tpm: 4_500 }],
  ])('of workers whose configs differ, %o and %o, is a part of the own limit', (old, next, oldShare, nextShare) => {
    const workers = new Workers();
    for (let round = 0; round < 3; round++) {
      workers.report('w1', old);
      workers.report('w2', next);
    }
    expect([workers.views.get('w1')?.share, workers.views.get('w2')?.share]).toEqual([oldShare, nextShare]);
  });

  test('after a time without the board: each has what it had, for as long as a lease, or less as others tell', () => {
    const workers = new Workers();
    const due = { w1: 4, w2: 24, w3: 2 };
    const tell = (...names: (keyof typeof due)[]) =>
      names.map((name) => workers.report(name, RPM, { due: due[name] }).share.rpm);
    for (let round = 0; round < 3; round++) tell('w1', 'w2', 'w3');
    expect(tell('w1', 'w2', 'w3')).toEqual([91, 455, 54]);
    workers.nowMs += 10 * LEASE_MS;
    expect(tell('w1')).toEqual([91]);
    workers.nowMs += LEASE_MS - 1;
    expect(tell('w1', 'w3')).toEqual([91, 54]);
    expect(workers.held('rpm')).toBe(600);
    workers.nowMs += 1;
    expect(tell('w1', 'w1')).toEqual([375, 375]);
  });
});

test('a share is no smaller than what somebody has', () => {
  const given = { share: { rpm: 5, maxParallelRequests: 3 }, burst: 1 };
  expect(withAtLeast(given, { rpm: 7, tpm: 9 })).toEqual({ share: { rpm: 7, maxParallelRequests: 3 }, burst: 1 });
});

test('a share of no limit is none', () => {
  expect([{}, { rpm: undefined }, { tpm: 0 }].map(hasLimit)).toEqual([false, false, true]);
  expect(noShareOf({ rpm: 5, tpm: undefined })).toEqual({ rpm: 0 });
});

test('tokens are split as requests are, and what may be used at once is less by what all have used', () => {
  const workers = new Workers();
  const limits = { rpm: 600, tpm: 60_000 };
  const rounds = () => ['w1', 'w2'].map((worker) => workers.report(worker, limits, { tokens: 29_000 }));
  for (let round = 0; round < 2; round++) rounds();
  expect(rounds()).toEqual([
    { share: { rpm: 300, tpm: 30_000 }, burst: 30, others: ONE_OTHER, tokenBurst: 1_000 },
    { share: { rpm: 300, tpm: 30_000 }, burst: 30, others: ONE_OTHER, tokenBurst: 1_000 },
  ]);
});

describe('what may be sent at once after a rest', () => {
  test('is less by what all have sent in the last minute', () => {
    const workers = new Workers();
    expect(workers.report('w1', { rpm: 60 }).burst).toBe(5);
    workers.nowMs += 1000;
    expect(workers.report('w1', { rpm: 60 }, { sent: 55 }).burst).toBe(5);
    workers.nowMs += 1000;
    expect(workers.report('w2', { rpm: 60 }).burst).toBe(1);
    workers.nowMs += 60_250;
    expect(workers.report('w1', { rpm: 60 }, { sent: 155 }).burst).toBe(5);
    expect(workers.report('w1', { rpm: 60 }, { sent: 255 }).burst).toBe(0);
  });
});

test('what nobody uses any more is forgotten', () => {
  const workers = new Workers();
  workers.report('w1', RPM);
  workers.report('w1', RPM, { sent: 1 });
  expect(withoutLost(workers.board, NOW_MS + LEASE_MS).deployments['a']?.workers).toEqual({});
  expect(withoutLost(workers.board, NOW_MS + 60_250)).toEqual(EMPTY_BOARD);
});

test('whoever reports when, and vanishes: all together never hold more than the limit, and all who stay get something', () => {
  const step = fc.record({
    worker: fc.constantFrom('w1', 'w2', 'w3', 'w4'),
    passMs: fc.nat(2_000),
    due: fc.nat(50),
    loses: fc.boolean(),
  });
  const limits = fc.record({
    rpm: fc.integer({ min: 4, max: 900 }),
    maxParallelRequests: fc.integer({ min: 4, max: 90 }),
  });
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 60 }), (limit, steps) => {
      const workers = new Workers();
      for (const { worker, passMs, due, loses } of steps) {
        workers.nowMs += passMs;
        const before = workers.views.get(worker);
        const view = workers.report(worker, limit, { due });
        // An answer that did not come: the worker goes on with what it had.
        const hasLess = before !== undefined && (before.share.rpm ?? 0) <= (view.share.rpm ?? 0);
        if (loses && hasLess) workers.views.set(worker, before);
        const lost = Object.keys(workers.board.deployments['a']!.workers);
        for (const name of workers.views.keys()) if (!lost.includes(name)) workers.views.delete(name);
        for (const name of ['rpm', 'maxParallelRequests'] as const) {
          expect(workers.held(name)).toBeLessThanOrEqual(limit[name]);
        }
      }
      const rounds = Array.from({ length: 4 }, () => ['w1', 'w2', 'w3', 'w4']).flat();
      for (const worker of rounds) workers.report(worker, limit);
      for (const { share } of workers.views.values()) {
        expect(share.rpm).toBeGreaterThan(0);
        expect(share.maxParallelRequests).toBeGreaterThan(0);
      }
    }),
  );
});

test('one worker checks a deployment each time, however many ask', () => {
  const workers = new Workers();
  const asks = (worker: string, afterMs: number): boolean | undefined => {
    workers.nowMs = NOW_MS + afterMs;
    return workers.report(worker, {}, { checksEveryMs: 300_000 }).checks;
  };
  expect([asks('w1', 0), asks('w2', 1_000), asks('w2', 269_000)]).toEqual([true, undefined, undefined]);
  expect([asks('w1', 299_990), asks('w2', 301_000)]).toEqual([true, undefined]);
  expect(Object.keys(withoutLost(workers.board, NOW_MS + 500_000).deployments)).toEqual(['a']);
  expect(withoutLost(workers.board, NOW_MS + 700_000)).toEqual(EMPTY_BOARD);
});

test('what somebody has is a part of the limits that hold now, also where the board did not know these', () => {
  expect(partOf({ rpm: 60, tpm: 1_000 }, { rpm: 200, maxParallelRequests: 3 })).toEqual({ rpm: 60, tpm: 1_000 });
  expect(partOf({ rpm: 60, tpm: 1_000 }, { rpm: 20, tpm: 0 })).toEqual({ rpm: 20, tpm: 0 });
});
