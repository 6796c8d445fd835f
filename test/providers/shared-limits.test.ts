import { describe, expect, test } from 'vitest';
import { EMPTY_BOARD, takeReport, type BoardReport } from '../../src/core/deployments/board.js';
import type { LineUse } from '../../src/core/deployments/line.js';
import { createSharedLimits, type ReportToBoard, type SharedLimits } from '../../src/providers/shared-limits.js';

/** A clock whose sleeps end when the test lets time pass, and a board beside it. */
class World {
  nowMs = 1_000_000;
  board = EMPTY_BOARD;
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

  worker(name: string, use: Partial<LineUse> = {}, report = this.report): SharedLimits {
    const lines = { use: () => ({ sent: 0, inFlight: 0, due: 0, ...use }), goOn: () => undefined };
    return createSharedLimits({
      report,
      worker: name,
      lines,
      clock: this.clock,
      warn: (text) => this.warned.push(text),
    });
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
    expect(second()).toMatchObject({ rpm: 0, foreseen: { rpm: 300 } });
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

  test('are waited for no longer than ten seconds, or than the call has time', async () => {
    const world = new World();
    const never = () => new Promise<never>(() => undefined);
    const shared = world.worker('w1', {}, never);
    const patient = shared.of('a', LIMITS, PATIENCE);
    const hurried = shared.of('b', LIMITS, { ...PATIENCE, deadlineMs: world.nowMs + 3_000 });
    const away = shared.of('c', LIMITS, { ...PATIENCE, signal: AbortSignal.abort() });
    expect((await away)()).toEqual(LIMITS);
    await world.pass(3);
    expect((await hurried)()).toEqual(LIMITS);
    await world.pass(7);
    expect((await patient)()).toEqual(LIMITS);
  });

  test('are kept as far as requests are under way', async () => {
    const world = new World();
    await world.worker('w1', { inFlight: 20 }).of('a', LIMITS, PATIENCE);
    const second = await world.worker('w2', { due: 9 }).of('a', LIMITS, PATIENCE);
    await world.pass(4);
    expect(second().maxParallelRequests).toBe(0);
  });
});
