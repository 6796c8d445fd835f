import { countsPerSpan, mostWithin } from '../../bench/request-rate.js';
import {
  EMPTY_BOARD,
  takeReport,
  type Board,
  type BoardReport,
  type BoardView,
} from '../../src/core/deployments/board.js';
import type { Share } from '../../src/core/deployments/shares.js';
import { Circuits } from '../../src/providers/circuits.js';
import { FailureMarks } from '../../src/providers/failure-marks.js';
import { createLimiter, type HeldPlace } from '../../src/providers/limiter.js';
import { RecentLog } from '../../src/providers/recent-log.js';
import { SharedBoard } from '../../src/providers/shared-board.js';
import { createSlots, type Slots } from '../../src/providers/slots.js';
import { Chance } from './chance.js';
import { Process, VirtualTime } from './virtual-time.js';

const START_MS = Date.UTC(2026, 0, 1);
const LONGEST_MS = 3_600_000;
const MINUTE_MS = 60_000;
const NEARLY_ALL = 0.95;
const LOOK_MS = 200;
const TOGETHER = 10;
const DEPLOYMENT = 'limited';

/** What each request takes of the tokens, half of it as the prompt. */
export const TOKENS = 100;
const EXPECTED = { prompt: TOKENS / 2, mostAnswer: TOKENS };

export interface Scene {
  readonly limits: Share;
  readonly workers: number;
  /** How many calls each flow has; all come at once, one flow after another. */
  readonly flows: Readonly<Record<string, number>>;
  /** How long the provider takes, at least and at most. */
  readonly answerMs: readonly [number, number];
  /** What one processor takes to start a call, and another to bring one back: one after another. */
  readonly startMs: number;
  readonly visitMs: number;
  /** How long a worker may do nothing when a call is started on it: its processor is busy. @default it goes on at once */
  readonly stallMs?: number;
  /** How long the board takes to answer, at least and at most: its worker is busy. @default as long as the messages take */
  readonly boardMs?: readonly [number, number];
  /** So much longer while calls start. @default no longer */
  readonly busyMs?: readonly [number, number];
  /** How many of the calls come to the first worker before the others are drawn. @default all are drawn */
  readonly toFirst?: number;
  readonly seed: number;
}

export interface Request {
  readonly flow: string;
  /** When the call came to a worker first. */
  readonly cameMs: number;
  readonly atMs: number;
  readonly endMs: number;
  /** How often the activity of the call began: before, the call came in its first workflow task. */
  readonly attempts: number;
}

/** Workers share the limits of a deployment as they do: their lines, their shares and the board are the real ones. */
class SharedLimits {
  readonly requests: Request[] = [];
  private readonly time = new VirtualTime(START_MS);
  private readonly scene: Scene;
  private readonly chance: Chance;
  private readonly outside: Process;
  private readonly workers: readonly { readonly process: Process; readonly slots: Slots }[];
  private board: Board = EMPTY_BOARD;
  private readonly readyMs = { start: START_MS, visit: START_MS };
  private polled = 0;
  private poller: (typeof this.workers)[number] | undefined;
  private left: number;
  private readonly total: number;
  /** How many have stood in a line, or were made. */
  private came = 0;

  constructor(scene: Scene) {
    this.scene = scene;
    this.chance = new Chance(scene.seed);
    this.outside = new Process(this.time, 'Temporal');
    this.left = Object.values(scene.flows).reduce((sum, count) => sum + count, 0);
    this.total = this.left;
    this.workers = Array.from({ length: scene.workers }, (_, index) => this.worker(`worker-${index}`));
  }

  async run(): Promise<void> {
    void this.start();
    await this.time.run(START_MS + LONGEST_MS, () => this.left === 0);
  }

  /** The next flow comes when nearly all of those before wait, or were made. */
  private async start(): Promise<void> {
    let started = 0;
    for (const [flow, count] of Object.entries(this.scene.flows)) {
      while (this.came < started * NEARLY_ALL) await this.outside.clock.sleep(LOOK_MS);
      for (let number = 0; number < count; number++) void this.call(flow);
      started += count;
    }
  }

  private worker(name: string) {
    const process = new Process(this.time, name);
    const { clock } = process;
    const lines = createLimiter(clock);
    const circuits = new Circuits(name, clock.now);
    const { limits } = this.scene;
    const board = new SharedBoard({
      report: (report) => this.report(report),
      worker: name,
      lines,
      limitsOf: () => limits,
      circuits,
      marks: new FailureMarks(),
      recent: new RecentLog(clock.now),
      clock,
      warn: () => undefined,
    });
    const slots = createSlots({ deployments: { [DEPLOYMENT]: limits } }, lines, board, circuits, clock.now);
    return { process, slots };
  }

  private async report(report: BoardReport): Promise<BoardView> {
    const { clock } = this.outside;
    await clock.sleep(this.chance.whole(5, 40));
    await clock.sleep(this.chance.whole(...(this.scene.boardMs ?? [0, 0])));
    if (this.came < this.total) await clock.sleep(this.chance.whole(...(this.scene.busyMs ?? [0, 0])));
    const { board, view } = takeReport(this.board, report, clock.now());
    this.board = board;
    await clock.sleep(this.chance.whole(5, 40));
    return view;
  }

  /** A call comes to one worker or another: in its first task, then in an activity, which comes back when it was told to. */
  private async call(flow: string): Promise<void> {
    const { clock } = this.outside;
    const { answerMs, startMs, visitMs, stallMs = 0, toFirst = 0 } = this.scene;
    let cameMs = 0;
    let place: HeldPlace | undefined;
    let before = this.workers[0]!;
    for (let attempts = 0; ; attempts++) {
      await (attempts === 0 ? this.processor('start', startMs) : this.processor('visit', visitMs));
      const asking = { flow, priority: 3, place, deadlineMs: null, signal: new AbortController().signal };
      // Its first activity comes with the answer to the workflow task.
      const isFirst = attempts === 0 && this.chance.is(toFirst);
      const next = (): typeof before => (attempts === 1 ? before : this.chance.of(this.workers));
      const first = (): typeof before => (isFirst ? this.workers[0]! : this.polling());
      const worker = attempts === 0 ? first() : next();
      before = worker;
      const { process, slots } = worker;
      if (attempts === 0) {
        cameMs = clock.now() - START_MS;
        if (!process.isFrozen) process.freeze(this.chance.whole(0, stallMs));
      }
      if (attempts === 0) this.came += 1;
      const slot = await slots.take(DEPLOYMENT, asking, () => EXPECTED);
      const atMs = clock.now();
      if (slot.waitMs === null) {
        const tookMs = this.chance.whole(...answerMs);
        this.requests.push({ flow, cameMs, atMs: atMs - START_MS, endMs: atMs - START_MS + tookMs, attempts });
        await clock.sleep(tookMs);
        slot.release(TOKENS);
        this.left -= 1;
        return;
      }
      place = { sinceMs: slot.sinceMs, dueMs: atMs + slot.waitMs, isNew: attempts === 0 };
      if (attempts > 0) await clock.sleep(slot.waitMs + this.chance.ms(200));
    }
  }

  /** A worker that asks for tasks gets some of those that wait, one after another. */
  private polling() {
    if (this.polled++ % TOGETHER === 0) this.poller = this.chance.of(this.workers);
    return this.poller!;
  }

  /** It does one thing after another. */
  private processor(name: keyof typeof this.readyMs, ms: number): Promise<void> {
    const { nowMs } = this.time;
    this.readyMs[name] = Math.max(this.readyMs[name], nowMs) + ms;
    return this.outside.clock.sleep(this.readyMs[name] - nowMs);
  }
}

/** What came of it, as `bench:limits` says it. */
export async function playSharedLimits(scene: Scene) {
  const shared = new SharedLimits(scene);
  await shared.run();
  const { requests } = shared;
  const { rpm = Infinity } = scene.limits;
  const times = requests.map(({ atMs }) => atMs);
  const firstMs = times[0] ?? 0;
  const tookMs = (times.at(-1) ?? 0) - firstMs + MINUTE_MS / rpm;
  return {
    requests,
    rateVsLimit: (times.length * MINUTE_MS) / (tookMs * rpm),
    mostInMinute: mostWithin(times, MINUTE_MS),
    maxMinuteVsLimit: mostWithin(times, MINUTE_MS) / rpm,
    mostAtOnce: Math.max(...requests.map(({ atMs }) => requests.filter((each) => isUnderWay(each, atMs)).length)),
    attemptsPerCall: requests.reduce((sum, { attempts }) => sum + attempts, 0) / requests.length,
    /** How many began in each ten seconds. */
    perTenSeconds: countsPerSpan(times, 10_000),
    longestWaitMs: (flow: string) =>
      Math.max(...requests.flatMap((each) => (each.flow === flow ? [each.atMs - each.cameMs] : []))),
  };
}

function isUnderWay({ atMs, endMs }: Request, nowMs: number): boolean {
  return atMs <= nowMs && endMs > nowMs;
}
