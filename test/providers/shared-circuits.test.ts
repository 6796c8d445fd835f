import { describe, expect, test } from 'vitest';
import { circuitState } from '../../src/core/deployments/circuit.js';
import type { SharedBoard } from '../../src/providers/shared-board.js';
import { failure } from '../core/build.js';
import { PATIENCE, World } from './board-world.js';

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
