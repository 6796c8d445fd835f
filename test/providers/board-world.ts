import {
  EMPTY_BOARD,
  takeReport,
  type Board,
  type BoardReport,
  type BoardView,
} from '../../src/core/deployments/board.js';
import type { LineUse } from '../../src/core/deployments/line.js';
import type { Share } from '../../src/core/deployments/shares.js';
import { Circuits } from '../../src/providers/circuits.js';
import { createCooldowns } from '../../src/providers/cooldowns.js';
import { FailureMarks } from '../../src/providers/failure-marks.js';
import { RecentLog } from '../../src/providers/recent-log.js';
import { SharedBoard, type ReportToBoard } from '../../src/providers/shared-board.js';

export const LIMITS: Share = { rpm: 600, maxParallelRequests: 20 };

export const PATIENCE = { deadlineMs: null, signal: new AbortController().signal };

/** A clock whose sleeps end when the test lets time pass, and a board beside it. */
export class World {
  nowMs = 1_000_000;
  board: Board = EMPTY_BOARD;
  isAway = false;
  /** The board does not answer. */
  isSilent = false;
  /** By the config of all workers. */
  limits = LIMITS;
  readonly warned: string[] = [];
  readonly reports: BoardReport[] = [];
  readonly views: BoardView[] = [];
  #sleeps: { untilMs: number; wake: () => void }[] = [];

  readonly clock = {
    now: () => this.nowMs,
    sleep: (ms: number) =>
      new Promise<void>((resolve) => void this.#sleeps.push({ untilMs: this.nowMs + ms, wake: resolve })),
  };

  readonly report: ReportToBoard = async (report) => {
    if (this.isAway) throw new Error('no server');
    this.reports.push(report);
    if (this.isSilent) return new Promise<never>(() => undefined);
    const { board, view } = takeReport(this.board, report, this.nowMs);
    this.board = board;
    this.views.push(view);
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
      limitsOf: () => this.limits,
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
      await this.settle();
    }
  }

  /** All that can be done now is done. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
