import { describe, expect, test } from 'vitest';
import type { BoardReport } from '../../src/core/deployments/board.js';
import type { Share } from '../../src/core/deployments/shares.js';
import { LIMITS, PATIENCE, World } from './board-world.js';

describe('the limits of a worker', () => {
  test('are its share of them, which another one takes its part of', async () => {
    const world = new World();
    const first = await world.worker('w1', { due: 1 }).of('a', PATIENCE);
    // The first report leaves others their parts, the next one follows at once.
    expect(world.views[0]).toMatchObject({ a: { share: { rpm: 300, maxParallelRequests: 10 } } });
    expect(world.reports).toHaveLength(2);
    expect(first()).toMatchObject({ rpm: 600, maxParallelRequests: 20, burst: 60 });
    const second = await world.worker('w2', { due: 1 }).of('a', PATIENCE);
    expect(second()).toMatchObject({ rpm: 0, whole: LIMITS, others: { count: 1 } });
    await world.pass(4);
    expect([first().rpm, second().rpm]).toEqual([300, 300]);
    expect([first().maxParallelRequests, second().maxParallelRequests]).toEqual([10, 10]);
  });

  test('follow those of the config, which are read again while calls wait', async () => {
    const world = new World();
    const workers = ['w1', 'w2'].map((name) => world.worker(name, { due: 1 }));
    const [first, second] = await Promise.all(workers.map((worker) => worker.of('a', PATIENCE)));
    const goOn = async (limits: Share) => {
      world.limits = limits;
      for (let count = 0; count < 4; count++) {
        await Promise.all(workers.map((worker) => worker.of('a', PATIENCE)));
        await world.pass(1);
      }
      return [first!(), second!()];
    };
    await goOn(LIMITS);
    world.limits = { rpm: 60 };
    expect(first!()).toMatchObject({ rpm: 60, whole: { rpm: 60 } });
    expect(first!()).not.toHaveProperty('maxParallelRequests');
    expect(await goOn({ rpm: 60 })).toMatchObject([{ rpm: 30 }, { rpm: 30 }]);
    expect(await goOn({ rpm: 1_200 })).toMatchObject([{ rpm: 600 }, { rpm: 600 }]);
    expect(await goOn({})).toEqual([{}, {}]);
    world.limits = { maxParallelRequests: 4 };
    expect(first!()).toMatchObject({ maxParallelRequests: 4 });
  });

  test('are never more than what others do not keep, also where much was begun ahead of the pace', async () => {
    const world = new World();
    const worker = (name: string) => world.worker(name, { due: 1, ahead: 500 }).of('a', PATIENCE);
    const limits = [await worker('w1')];
    await world.pass(1);
    limits.push(await worker('w2'));
    for (let second = 0; second < 6; second++) {
      await world.pass(1);
      expect(limits[0]!().rpm! + limits[1]!().rpm!).toBeLessThanOrEqual(600);
    }
    expect(limits.map((now) => now().rpm)).toEqual([500, 100]);
  });

  test('are reported once a second, however many ask, and no more when nobody does', async () => {
    const world = new World();
    const shared = world.worker('w1');
    for (let second = 0; second < 5; second++) {
      await Promise.all(Array.from({ length: 100 }, () => shared.of('a', PATIENCE)));
      await world.pass(1);
    }
    expect(world.reports.length).toBeLessThanOrEqual(7);
    await world.pass(5);
    const before = world.reports.length;
    await world.pass(10);
    expect(world.reports).toHaveLength(before);
    expect((await shared.of('a', PATIENCE))()).toMatchObject({ rpm: 600 });
    expect(world.reports).toHaveLength(before + 2);
  });

  describe('of one that was told its turn, where the line has grown since others told of theirs', () => {
    const place = (world: World) => ({ sinceMs: world.nowMs + 1, dueMs: world.nowMs + 60_000, isNew: true });
    const twoWorkers = async (waiting: number) => {
      const world = new World();
      const use = { due: 1, waiting: 1 };
      const [worker, other] = [world.worker('w1', use), world.worker('w2', { due: 1 })];
      for (const each of [worker, other]) await each.of('a', PATIENCE);
      await world.pass(2);
      use.waiting = waiting;
      return { world, worker };
    };
    const waits = async ({ world, worker }: Awaited<ReturnType<typeof twoWorkers>>, calls: number) => {
      let told = 0;
      const asking = { ...PATIENCE, place: place(world) };
      for (let call = 0; call < calls; call++) void worker.of('a', asking).then(() => (told += 1));
      await world.settle();
      const atOnce = told;
      await world.pass(2);
      return { atOnce, later: told - atOnce };
    };

    test('are told when the next report has come back', async () => {
      expect(await waits(await twoWorkers(60), 1)).toEqual({ atOnce: 0, later: 1 });
    });

    test('are told at once where it has grown by little', async () => {
      expect(await waits(await twoWorkers(11), 1)).toEqual({ atOnce: 1, later: 0 });
    });

    test('keep a hundred slots at most', async () => {
      expect(await waits(await twoWorkers(60), 101)).toEqual({ atOnce: 1, later: 100 });
    });

    test('are told after some seconds where the board does not answer', async () => {
      const { world, worker } = await twoWorkers(60);
      world.isSilent = true;
      let isTold = false;
      void worker.of('a', { ...PATIENCE, place: place(world) }).then(() => (isTold = true));
      await world.pass(2);
      expect(isTold).toBe(false);
      await world.pass(2);
      expect(isTold).toBe(true);
    });
  });

  test('are whole where the board never answered, which the log has, and shared when it does', async () => {
    const world = new World();
    world.isAway = true;
    const shared = world.worker('w1', { due: 1 });
    const limits = await shared.of('a', PATIENCE);
    expect(limits()).toEqual(LIMITS);
    expect(shared.isReached).toBe(false);
    expect(world.warned).toEqual([expect.stringContaining('cannot be reached (Error: no server)')]);
    world.isAway = false;
    await world.pass(2);
    expect(limits()).toMatchObject({ rpm: 600, burst: 60 });
    expect(shared.isReached).toBe(true);
    expect(world.warned).toHaveLength(2);
  });

  test('are the last share while the board is away', async () => {
    const world = new World();
    const limits = await world.worker('w1', { due: 1 }).of('a', PATIENCE);
    await world.worker('w2', { due: 1 }).of('a', PATIENCE);
    await world.pass(4);
    world.isAway = true;
    await world.pass(20);
    expect(limits()).toMatchObject({ rpm: 300, maxParallelRequests: 10 });
  });

  test('are no more than the whole together when the board is back, whoever reaches it first', async () => {
    const world = new World();
    let isBack = true;
    const late = (report: BoardReport) => (isBack ? world.report(report) : Promise.reject(new Error('not yet')));
    const first = await world.worker('w1', { due: 1 }).of('a', PATIENCE);
    const second = await world.worker('w2', { due: 1 }, late).of('a', PATIENCE);
    await world.pass(4);
    isBack = false;
    world.isAway = true;
    await world.pass(20);
    world.isAway = false;
    for (let passed = 0; passed < 4; passed++) {
      await world.pass(1);
      expect(first().rpm! + second().rpm!).toBe(600);
    }
    isBack = true;
    await world.pass(2);
    expect([first().rpm, second().rpm]).toEqual([300, 300]);
  });

  test('are none before the board has given any, which is waited for no longer than ten seconds, or than the call has time', async () => {
    const world = new World();
    const never = () => new Promise<never>(() => undefined);
    const shared = world.worker('w1', {}, never);
    const patient = shared.of('a', PATIENCE);
    const hurried = shared.of('b', { ...PATIENCE, deadlineMs: world.nowMs + 3_000 });
    const away = shared.of('c', { ...PATIENCE, signal: AbortSignal.abort() });
    const none = { rpm: 0, maxParallelRequests: 0, whole: LIMITS };
    expect((await away)()).toEqual(none);
    await world.pass(3);
    expect((await hurried)()).toEqual(none);
    await world.pass(7);
    expect((await patient)()).toEqual(none);
  });

  test('are none for a worker that was frozen while it waited for its share, until it has it', async () => {
    const world = new World();
    await world.worker('w1', { inFlight: 20, due: 1 }).of('a', PATIENCE);
    let isLost = true;
    const frozen = world.worker('w2', { due: 1 }, async (report) => {
      if (!isLost) return world.report(report);
      isLost = false;
      // As the clock is when it goes on.
      world.nowMs += 12_000;
      throw new Error('no answer in time');
    });
    const limits = await frozen.of('a', PATIENCE);
    expect(limits()).toMatchObject({ rpm: 0, maxParallelRequests: 0 });
    await world.pass(6);
    expect(limits().rpm).toBe(300);
  });

  test('are none for one that was frozen for longer than its lease, until it has heard what is left', async () => {
    const world = new World();
    const limits = await world.worker('w1', { due: 1 }).of('a', PATIENCE);
    const second = await world.worker('w2', { due: 1 }).of('a', PATIENCE);
    await world.pass(4);
    expect([limits().rpm, second().rpm]).toEqual([300, 300]);
    // Both did nothing meanwhile.
    world.nowMs += 10_000;
    expect([limits().rpm, second().rpm]).toEqual([0, 0]);
    await world.pass(4);
    expect([limits().rpm, second().rpm]).toEqual([300, 300]);
  });

  test.each(['fails', 'is answered'])(
    'are none for one that was frozen while a report was under way, which %s when it goes on',
    async (end) => {
      const world = new World();
      let isFrozen = false;
      const limits = await world
        .worker('w1', { due: 1 }, async (report) => {
          const view = await world.report(report);
          if (!isFrozen) return view;
          isFrozen = false;
          world.nowMs += 12_000;
          if (end === 'fails') throw new Error('no answer in time');
          return view;
        })
        .of('a', PATIENCE);
      await world.pass(1);
      expect(limits().rpm).toBe(600);
      isFrozen = true;
      await world.pass(1);
      expect(limits()).toMatchObject({ rpm: 0, maxParallelRequests: 0 });
      await world.pass(3);
      expect(limits().rpm).toBe(600);
    },
  );

  test('are its share also for a call that waits for it for long: its worker does not say meanwhile that it has no calls', async () => {
    const world = new World();
    let isLost = true;
    const shared = world.worker('w1', {}, async (report) => {
      if (!isLost) return world.report(report);
      isLost = false;
      await world.clock.sleep(4_000);
      throw new Error('no answer in time');
    });
    await world.worker('w2', { inFlight: 20 }).of('a', PATIENCE);
    void shared.word([{ id: 'a', about: { group: 'g', provider: 'openai', host: 'x' } }], PATIENCE);
    const told: unknown[] = [];
    void shared.of('a', PATIENCE).then((now) => told.push(now()));
    await world.pass(6);
    expect(told).toEqual([expect.objectContaining({ maxParallelRequests: 0 })]);
  });

  test('are shared by all that wait, those among them that wait for the first share of their worker', async () => {
    const world = new World();
    const shared = world.worker('w1', { due: 1, waiting: 4 });
    await Promise.all(Array.from({ length: 3 }, () => shared.of('a', PATIENCE)));
    expect(world.reports[0]?.deployments['a']).toMatchObject({ due: 4, waiting: 7 });
  });

  test('are kept as far as requests are under way', async () => {
    const world = new World();
    await world.worker('w1', { inFlight: 20 }).of('a', PATIENCE);
    const second = await world.worker('w2', { due: 9 }).of('a', PATIENCE);
    await world.pass(4);
    expect(second().maxParallelRequests).toBe(0);
  });
});
