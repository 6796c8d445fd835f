import { describe, expect, test } from 'vitest';
import { EMPTY_BOARD, takeReport, type Board, type BoardReport } from '../../src/core/deployments/board.js';
import { circuitState } from '../../src/core/deployments/circuit.js';
import type { LineUse } from '../../src/core/deployments/line.js';
import { createCooldowns } from '../../src/providers/cooldowns.js';
import { Circuits } from '../../src/providers/circuits.js';
import { FailureMarks } from '../../src/providers/failure-marks.js';
import { RecentLog } from '../../src/providers/recent-log.js';
import { failure } from '../core/build.js';
import { SharedBoard, type ReportToBoard } from '../../src/providers/shared-board.js';

/** A clock whose sleeps end when the test lets time pass, and a board beside it. */
class World {
  nowMs = 1_000_000;
  board: Board = EMPTY_BOARD;
  isAway = false;
  readonly warned: string[] = [];
  readonly reports: BoardReport[] = [];
  #sleeps: { untilMs: number; wake: () => void }[] = [];

  readonly clock = {
    now: () => this.nowMs,
    sleep: (ms: number) =>
      new Promise<void>((resolve) => void this.#sleeps.push({ untilMs: this.nowMs + ms, wake: resolve })),
  };

  readonly report: ReportToBoard = async (report) => {
    if (this.isAway) throw new Error('no server');
    this.reports.push(report);
    const { board, view } = takeReport(this.board, report, this.nowMs);
    this.board = board;
    return view;
  };

  worker(name: string, use: Partial<LineUse> = {}, report = this.report): SharedBoard {
    return this.parts(name, use, report).board;
  }

  /** A worker with all that it knows of deployments. */
  parts(name: string, use: Partial<LineUse> = {}, report = this.report) {
    const lines = {
      use: () => ({ sent: 0, inFlight: 0, ahead: 0, tokens: 0, due: 0, waiting: 0, soon: 0, ...use }),
      goOn: () => undefined,
    };
    const circuits = new Circuits(name, this.clock.now);
    const marks = new FailureMarks();
    const board = new SharedBoard({
      report,
      worker: name,
      lines,
      limitsOf: () => LIMITS,
      circuits,
      marks,
      recent: new RecentLog(this.clock.now),
      clock: this.clock,
      warn: (text) => this.warned.push(text),
    });
    const cooldowns = createCooldowns({ deployments: {} }, this.clock.now, circuits, marks, board);
    return { board, circuits, cooldowns };
  }

  /** Lets time pass, second by second, and all that is done meanwhile be done. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.nowMs += 1000;
      const due = this.#sleeps.filter(({ untilMs }) => untilMs <= this.nowMs);
      this.#sleeps = this.#sleeps.filter(({ untilMs }) => untilMs > this.nowMs);
      for (const { wake } of due) wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const PATIENCE = { deadlineMs: null, signal: new AbortController().signal };
const LIMITS = { rpm: 600, maxParallelRequests: 20 };

describe('the limits of a worker', () => {
  test('are its share of them, which another one takes its part of', async () => {
    const world = new World();
    const first = await world.worker('w1', { due: 1 }).of('a', LIMITS, PATIENCE);
    expect(first()).toMatchObject({ rpm: 600, maxParallelRequests: 20, burst: 60 });
    const second = await world.worker('w2', { due: 1 }).of('a', LIMITS, PATIENCE);
    expect(second()).toMatchObject({ rpm: 0, whole: LIMITS, others: { count: 1 } });
    await world.pass(4);
    expect([first().rpm, second().rpm]).toEqual([300, 300]);
    expect([first().maxParallelRequests, second().maxParallelRequests]).toEqual([10, 10]);
  });

  test('are reported once a second, however many ask, and no more when nobody does', async () => {
    const world = new World();
    const shared = world.worker('w1');
    for (let second = 0; second < 5; second++) {
      await Promise.all(Array.from({ length: 100 }, () => shared.of('a', LIMITS, PATIENCE)));
      await world.pass(1);
    }
    expect(world.reports.length).toBeLessThanOrEqual(6);
    await world.pass(5);
    const before = world.reports.length;
    await world.pass(10);
    expect(world.reports).toHaveLength(before);
    expect((await shared.of('a', LIMITS, PATIENCE))()).toMatchObject({ rpm: 600 });
    expect(world.reports).toHaveLength(before + 1);
  });

  test('are whole where the board never answered, which the log has, and shared when it does', async () => {
    const world = new World();
    world.isAway = true;
    const shared = world.worker('w1', { due: 1 });
    const limits = await shared.of('a', LIMITS, PATIENCE);
    expect(limits()).toEqual(LIMITS);
    expect(world.warned).toEqual([expect.stringContaining('cannot be reached (Error: no server)')]);
    world.isAway = false;
    await world.pass(1);
    expect(limits()).toMatchObject({ rpm: 600, burst: 60 });
    expect(world.warned).toHaveLength(2);
  });

  test('are the last share while the board is away', async () => {
    const world = new World();
    const limits = await world.worker('w1', { due: 1 }).of('a', LIMITS, PATIENCE);
    await world.worker('w2', { due: 1 }).of('a', LIMITS, PATIENCE);
    await world.pass(4);
    world.isAway = true;
    await world.pass(20);
    expect(limits()).toMatchObject({ rpm: 300, maxParallelRequests: 10 });
  });

  test('are none before the board has given any, which is waited for no longer than ten seconds, or than the call has time', async () => {
    const world = new World();
    const never = () => new Promise<never>(() => undefined);
    const shared = world.worker('w1', {}, never);
    const patient = shared.of('a', LIMITS, PATIENCE);
    const hurried = shared.of('b', LIMITS, { ...PATIENCE, deadlineMs: world.nowMs + 3_000 });
    const away = shared.of('c', LIMITS, { ...PATIENCE, signal: AbortSignal.abort() });
    const none = { rpm: 0, maxParallelRequests: 0, whole: LIMITS };
    expect((await away)()).toEqual(none);
    await world.pass(3);
    expect((await hurried)()).toEqual(none);
    await world.pass(7);
    expect((await patient)()).toEqual(none);
  });

  test('are none for a worker that was frozen while it waited for its share, until it has it', async () => {
    const world = new World();
    await world.worker('w1', { inFlight: 20, due: 1 }).of('a', LIMITS, PATIENCE);
    let isLost = true;
    const frozen = world.worker('w2', { due: 1 }, async (report) => {
      if (!isLost) return world.report(report);
      isLost = false;
      // As the clock is when it goes on.
      world.nowMs += 12_000;
      throw new Error('no answer in time');
    });
    const limits = await frozen.of('a', LIMITS, PATIENCE);
    expect(limits()).toMatchObject({ rpm: 0, maxParallelRequests: 0 });
    await world.pass(6);
    expect(limits().rpm).toBe(300);
  });

  test('are its share also for a call that waits for it for long: its worker does not say meanwhile that it has no calls', async () => {
    const world = new World();
    let isLost = true;
    const shared = world.worker('w1', {}, async (report) => {
      if (!isLost) return world.report(report);
      isLost = false;
      await world.clock.sleep(4_000);
      throw new Error('no answer in time');
    });
    await world.worker('w2', { inFlight: 20 }).of('a', LIMITS, PATIENCE);
    void shared.word([{ id: 'a', about: { group: 'g', provider: 'openai', host: 'x' } }], PATIENCE);
    const told: unknown[] = [];
    void shared.of('a', LIMITS, PATIENCE).then((now) => told.push(now()));
    await world.pass(6);
    expect(told).toEqual([expect.objectContaining({ maxParallelRequests: 0 })]);
  });

  test('are kept as far as requests are under way', async () => {
    const world = new World();
    await world.worker('w1', { inFlight: 20 }).of('a', LIMITS, PATIENCE);
    const second = await world.worker('w2', { due: 9 }).of('a', LIMITS, PATIENCE);
    await world.pass(4);
    expect(second().maxParallelRequests).toBe(0);
  });
});

describe('what workers know of a deployment', () => {
  const about = { group: 'g', provider: 'openai', host: 'x' };
  const word = (of: { board: SharedBoard }) => of.board.word([{ id: 'a', about }], PATIENCE) ?? Promise.resolve();
  const LIMITED = failure('RateLimitError', { retryAfterMs: 9_000 });

  test('is learnt once: a cooldown that one has seen, also by one that comes later', async () => {
    const world = new World();
    const [first, second, third] = ['w1', 'w2', 'w3'].map((name) => world.parts(name));
    await word(first!);
    await word(second!);
    first!.cooldowns.failed({ id: 'a' }, false, LIMITED);
    await world.pass(1);
    expect(second!.cooldowns.returns(['a']).get('a')).toBeGreaterThan(world.nowMs + 7_000);
    await word(third!);
    expect(third!.cooldowns.returns(['a']).size).toBe(1);
    expect(third!.board.word([{ id: 'a', about }], PATIENCE)).toBe(null);
  });

  test('counts the failures of all', async () => {
    const world = new World();
    const workers = ['w1', 'w2', 'w3', 'w4'].map((name) => world.parts(name));
    for (const worker of workers) {
      await word(worker);
      worker.cooldowns.failed({ id: 'a' }, false, failure('InternalServerError'));
      await world.pass(1);
    }
    expect(workers.map(({ cooldowns }) => cooldowns.returns(['a']).size)).toEqual([1, 1, 1, 1]);
  });

  test('one of them probes after the cooldown, and when it has its answer all come back', async () => {
    const world = new World();
    const [first, second] = ['w1', 'w2'].map((name) => world.parts(name));
    await word(first!);
    first!.cooldowns.failed({ id: 'a' }, false, failure('RateLimitError', { retryAfterMs: 2_000 }));
    await word(second!);
    await world.pass(2);
    await word(second!);
    await word(first!);
    expect(second!.cooldowns.probes({ id: 'a' })).toBe(true);
    expect(second!.cooldowns.probes({ id: 'a' })).toBe(false);
    expect(first!.cooldowns.probes({ id: 'a' })).toBe(false);
    expect(first!.cooldowns.returns(['a']).size).toBe(1);
    second!.cooldowns.answered({ id: 'a' });
    await world.pass(1);
    expect(first!.circuits.of('a')).toMatchObject({ state: 'ramp' });
    expect(first!.board.workersOf('a')).toBe(2);
  });

  test('an answer that a worker has before it hears of a failure ends it, though nobody else asks', async () => {
    const world = new World();
    const [first, second] = ['w1', 'w2'].map((name) => world.parts(name));
    await word(first!);
    first!.cooldowns.failed({ id: 'a' }, false, failure('RateLimitError', { retryAfterMs: 2_000 }));
    await world.pass(4);
    expect(circuitState(first!.circuits.of('a'), world.nowMs)).toBe('half-open');
    second!.cooldowns.answered({ id: 'a' });
    await word(second!);
    await world.pass(4);
    expect([first!, second!].map(({ circuits }) => circuits.of('a')?.state)).toEqual(['ramp', 'ramp']);
  });

  test('an answer of before a failure, or of long ago, says nothing', async () => {
    const world = new World();
    const [first, second, third] = ['w1', 'w2', 'w3'].map((name) => world.parts(name));
    second!.cooldowns.answered({ id: 'a' });
    third!.cooldowns.answered({ id: 'a' });
    await world.pass(1);
    await word(first!);
    first!.cooldowns.failed({ id: 'a' }, false, failure('RateLimitError', { retryAfterMs: 2_000 }));
    await world.pass(4);
    await word(second!);
    await world.pass(61);
    third!.cooldowns.answered({ id: 'b' });
    await word(third!);
    await world.pass(2);
    expect(circuitState(second!.circuits.of('a'), world.nowMs)).toBe('half-open');
  });

  test('a probe whose worker is lost goes to another one', async () => {
    const world = new World();
    const [first, second] = ['w1', 'w2'].map((name) => world.parts(name));
    await word(first!);
    first!.cooldowns.failed({ id: 'a' }, false, failure('RateLimitError', { retryAfterMs: 1_000 }));
    await word(second!);
    await world.pass(1);
    // As w1 would, before it is killed.
    const lost = { ...world.reports.at(-1)!, worker: 'killed' };
    const use = lost.deployments['a']!;
    const news = { ...use.news!, listens: false, events: [{ type: 'probes' as const }] };
    await world.report({ worker: 'killed', deployments: { a: { ...use, news } } });
    await word(second!);
    expect(second!.cooldowns.probes({ id: 'a' })).toBe(false);
    await world.pass(6);
    await word(second!);
    expect(second!.cooldowns.probes({ id: 'a' })).toBe(true);
  });

  test('is asked for first by a worker that was frozen: a hold that began meanwhile holds its calls', async () => {
    const world = new World();
    const frozen = world.parts('w1');
    await word(frozen);
    expect(frozen.board.holdOf('a')).toBe(undefined);
    const hold = {
      kind: 'group',
      target: 'g',
      deployments: ['a'],
      by: 'ann',
      why: 'the bill',
      diverts: false,
    } as const;
    world.board = { ...world.board, holds: [{ ...hold, sinceMs: world.nowMs }] };
    // It did nothing meanwhile.
    world.nowMs += 30_000;
    const asked = frozen.board.word([{ id: 'a', about }], PATIENCE);
    expect(asked).not.toBe(null);
    await asked;
    expect(frozen.board.holdOf('a')).toMatchObject({ target: 'g', by: 'ann' });
  });

  test('is its own where the board is away: it probes by itself', async () => {
    const world = new World();
    world.isAway = true;
    const alone = world.parts('w1');
    await word(alone);
    alone.cooldowns.failed({ id: 'a' }, false, failure('RateLimitError', { retryAfterMs: 2_000 }));
    expect(alone.cooldowns.returns(['a']).size).toBe(1);
    await world.pass(2);
    await word(alone);
    expect([alone.cooldowns.probes({ id: 'a' }), alone.cooldowns.probes({ id: 'a' })]).toEqual([true, false]);
    expect(alone.cooldowns.returns(['a']).size).toBe(1);
    alone.cooldowns.interrupted({ id: 'a' });
    expect(alone.cooldowns.probes({ id: 'a' })).toBe(true);
  });

  test('of two that check deployments one checks each, without a share of its limits', async () => {
    const world = new World();
    const [first, second] = ['w1', 'w2'].map((name) => world.worker(name));
    const asked = [{ id: 'a', about }];
    const both = async () => [await first!.toCheck(asked, 60_000), await second!.toCheck(asked, 60_000)];
    expect((await both()).map((ids) => ids?.size)).toEqual([1, 0]);
    expect(world.board.deployments['a']?.workers).toEqual({});
    await world.pass(30);
    expect((await both()).map((ids) => ids?.size)).toEqual([0, 0]);
    await world.pass(30);
    expect((await both()).map((ids) => ids?.size)).toEqual([1, 0]);
    world.isAway = true;
    expect(await both()).toEqual([null, null]);
  });

  test('is heard for ten seconds after the last call, without a share', async () => {
    const world = new World();
    const [first, second] = ['w1', 'w2'].map((name) => world.parts(name));
    await word(first!);
    await world.pass(8);
    expect(world.board.deployments['a']?.workers).toEqual({});
    await word(second!);
    second!.cooldowns.failed({ id: 'a' }, false, LIMITED);
    await world.pass(2);
    expect(first!.cooldowns.returns(['a']).size).toBe(1);
    await world.pass(40);
    const before = world.reports.length;
    await world.pass(10);
    expect(world.reports).toHaveLength(before);
  });
});
