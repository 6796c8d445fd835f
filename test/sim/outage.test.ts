import { expect, test } from 'vitest';
import { countsPerSpan } from '../../bench/request-rate.js';
import { total } from '../../src/core/common/total.js';
import { EMPTY_BOARD, takeReport, type Board } from '../../src/core/deployments/board.js';
import type { PlaceInLine } from '../../src/core/deployments/place-in-line.js';
import { Circuits } from '../../src/providers/circuits.js';
import { createCooldowns } from '../../src/providers/cooldowns.js';
import { FailureMarks } from '../../src/providers/failure-marks.js';
import { createLimiter } from '../../src/providers/limiter.js';
import { RecentLog } from '../../src/providers/recent-log.js';
import { SharedBoard, type ReportToBoard } from '../../src/providers/shared-board.js';
import { createSlots } from '../../src/providers/slots.js';
import { failure } from '../core/build.js';
import { Chance } from './chance.js';
import { Process, VirtualTime } from './virtual-time.js';

const HOUR_MS = 3_600_000;
const CALLS = 1_000;
const ANSWER_MS = 200;
const ABOUT = { group: 'g', provider: 'openai', host: 'x' };
const SIGNAL = new AbortController().signal;

/** Workers with lines, circuits and shared board as they are, and a deployment that answers again after an hour. */
async function playOutage(workerCount: number): Promise<{ atMs: number; comes: number }[]> {
  const time = new VirtualTime(Date.UTC(2026, 0, 1));
  const chance = new Chance(workerCount);
  const outside = new Process(time, 'Temporal');
  let board: Board = EMPTY_BOARD;
  const report: ReportToBoard = async (told) => {
    await outside.clock.sleep(chance.whole(5, 40));
    const taken = takeReport(board, told, time.nowMs);
    board = taken.board;
    await outside.clock.sleep(chance.whole(5, 40));
    return taken.view;
  };
  const workers = Array.from({ length: workerCount }, (_, index) => {
    const { clock } = new Process(time, `worker-${index}`);
    const circuits = new Circuits(`worker-${index}`, clock.now);
    const marks = new FailureMarks();
    const lines = createLimiter(clock);
    const shared = new SharedBoard({
      report,
      worker: `worker-${index}`,
      lines,
      limitsOf: () => ({}),
      circuits,
      marks,
      recent: new RecentLog(clock.now),
      clock,
      warn: () => undefined,
    });
    return {
      word: () => shared.word([{ id: 'a', about: ABOUT }], { deadlineMs: null, signal: SIGNAL }),
      cooldowns: createCooldowns({ deployments: {} }, clock.now, circuits, marks, shared),
      slots: createSlots({ deployments: {} }, lines, shared, circuits, clock.now),
    };
  });
  const begun: { atMs: number; comes: number }[] = [];
  const backMs = time.nowMs + HOUR_MS;
  const call = async (number: number): Promise<void> => {
    const asking = { flow: `key ${number % 7}`, priority: 3, deadlineMs: null, signal: SIGNAL };
    let place: Pick<PlaceInLine, 'sinceMs' | 'dueMs'> | undefined;
    for (let comes = 1; ; comes++) {
      const { word, cooldowns, slots } = chance.of(workers);
      await word();
      const isProbe = cooldowns.probes({ id: 'a' });
      const slot = isProbe ? null : await slots.takeReturn('a', { ...asking, place });
      if (slot !== null && slot.waitMs !== null) {
        place = { sinceMs: slot.sinceMs, dueMs: time.nowMs + slot.waitMs };
        await outside.clock.sleep(slot.waitMs + chance.ms(200));
        continue;
      }
      begun.push({ atMs: time.nowMs - backMs, comes });
      await outside.clock.sleep(ANSWER_MS);
      cooldowns.answered({ id: 'a' });
      slot?.release();
      return;
    }
  };
  const play = async (): Promise<void> => {
    await workers[0]!.word();
    workers[0]!.cooldowns.failed({ id: 'a' }, false, failure('RateLimitError', { retryAfterMs: HOUR_MS }));
    await outside.clock.sleep(HOUR_MS);
    await Promise.all(Array.from({ length: CALLS }, (_, number) => call(number)));
  };
  void play();
  await time.run(backMs + HOUR_MS, () => begun.length === CALLS);
  return begun;
}

test.each([1, 3])(
  'after an outage of an hour, %i workers: one probes, and a thousand calls that are due at once come back at a rate that grows',
  async (workers) => {
    const begun = await playOutage(workers);
    expect(begun).toHaveLength(CALLS);
    const seconds = countsPerSpan(
      begun.map(({ atMs }) => atMs),
      1_000,
    );
    // The probe, and who comes in the moment of its answer.
    const backSecond = seconds.findIndex((count, second) => second > 0 && count > 0);
    expect(seconds[0]).toBeLessThanOrEqual(workers);
    expect(backSecond).toBeLessThanOrEqual(61);
    const within = (count: number) => total(seconds.slice(backSecond, backSecond + count));
    expect(within(1)).toBeLessThanOrEqual(30);
    expect(within(4)).toBeLessThanOrEqual(150);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(300);
    expect(within(20)).toBeGreaterThanOrEqual(CALLS - workers);
    expect(total(begun.map(({ comes }) => comes))).toBeLessThanOrEqual(2.1 * CALLS);
  },
);
