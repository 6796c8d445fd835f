import type { Clock } from '../clock.js';
import type { BoardReport, BoardView, DeploymentUse, Share, ShareView } from '../core/deployments/board.js';
import type { LineUse, RequestLimits } from '../core/deployments/line.js';
import type { Asking } from './limiter.js';

/** Tells the board how this worker uses deployments; rejects in some seconds where it cannot be reached. */
export type ReportToBoard = (report: BoardReport) => Promise<BoardView>;

/** The limits that hold now. */
type LimitsNow = () => RequestLimits;

/** How long somebody can wait: until its deadline, and until it goes away. */
type Patience = Pick<Asking, 'deadlineMs' | 'signal'>;

/** What limits the requests to a deployment here. */
export interface SharedLimits {
  /** Waits for the share of this worker, where it has none: some seconds at most. */
  of(deployment: string, limits: Share, patience: Patience): Promise<LimitsNow>;
}

export interface SharedLimitsDeps {
  readonly report: ReportToBoard;
  /** The name of this worker. */
  readonly worker: string;
  readonly lines: {
    use(name: string): LineUse;
    /** The limits of lines have changed. */
    goOn(): void;
  };
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly warn: (message: string) => void;
}

const EVERY_MS = 1_000;

/** The first call to a deployment waits so long at most for this worker's share. */
const FIRST_WORD_MS = 10_000;

/** A deployment that nobody asks for so long is reported no more: its share goes to the others. */
const UNUSED_MS = 3_000;

/** How many reports in a row may fail before the log has it: a server that restarts is back sooner. */
const MAY_FAIL = 2;

interface Shared {
  limits: Share;
  usedMs: number;
  /** What the board gave; null: nothing yet. */
  view: ShareView | null;
}

/** The limits of deployments as the workers of a task queue share them. */
export function createSharedLimits(deps: SharedLimitsDeps): SharedLimits {
  const reporter = new Reporter(deps);
  return { of: (deployment, limits, patience) => reporter.limitsOf(deployment, limits, patience) };
}

/** Reports while there are calls, and keeps what came back. */
class Reporter {
  readonly #deps: SharedLimitsDeps;
  readonly #shared = new Map<string, Shared>();
  /** The report under way, and the one that follows it. */
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #isRunning = false;
  #failed = 0;

  constructor(deps: SharedLimitsDeps) {
    this.#deps = deps;
  }

  async limitsOf(deployment: string, limits: Share, patience: Patience): Promise<LimitsNow> {
    const { clock } = this.#deps;
    const shared: Shared = this.#shared.get(deployment) ?? { limits, usedMs: 0, view: null };
    shared.usedMs = clock.now();
    this.#shared.set(deployment, shared);
    this.#keepTelling();
    if (shared.view === null) await this.#firstWord(shared, patience);
    return () => this.#now(deployment, limits);
  }

  /** No call waits for a board that is away. */
  async #firstWord(shared: Shared, { deadlineMs, signal }: Patience): Promise<void> {
    const { clock } = this.#deps;
    const untilMs = Math.min(clock.now() + FIRST_WORD_MS, deadlineMs ?? Infinity);
    const isOver = () => signal.aborted || clock.now() >= untilMs;
    const over = clock.sleep(Math.max(0, untilMs - clock.now()), { signal, ref: false }).catch(() => undefined);
    while (shared.view === null && this.#failed <= MAY_FAIL && !isOver()) await Promise.race([this.#tell(), over]);
  }

  /** Without a word from the board a worker has the whole limits: as if it were alone. */
  #now(deployment: string, limits: Share): RequestLimits {
    const view = this.#shared.get(deployment)?.view ?? null;
    return view === null ? limits : { ...view.share, burst: view.burst, foreseen: view.fair };
  }

  #keepTelling(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run().finally(() => (this.#isRunning = false));
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#deps.clock.sleep(EVERY_MS, { ref: false });
      this.#forgetUnused();
      if (this.#shared.size === 0) return;
      await this.#tell();
    }
  }

  /** One report at a time: what comes back last is what holds. */
  #tell(): Promise<void> {
    this.#next ??= this.#underWay.then(() => {
      this.#next = null;
      this.#underWay = this.#tellNow();
      return this.#underWay;
    });
    return this.#next;
  }

  async #tellNow(): Promise<void> {
    const { report, worker, lines } = this.#deps;
    const told = [...this.#shared];
    const deployments = Object.fromEntries(told.map(([id, shared]) => [id, this.#useOf(id, shared)]));
    try {
      const views = await report({ worker, deployments });
      for (const [id, shared] of told) shared.view = views[id] ?? shared.view;
      this.#hasAnswered();
    } catch (error) {
      this.#hasFailed(error);
    }
    lines.goOn();
  }

  #useOf(id: string, { limits, view }: Shared): DeploymentUse {
    const use = this.#deps.lines.use(id);
    const { share = {} } = view ?? {};
    const parallel = limits.maxParallelRequests !== undefined && Math.max(use.inFlight, share.maxParallelRequests ?? 0);
    const keeps = { ...share, ...(parallel !== false && { maxParallelRequests: parallel }) };
    return { limits, keeps, ...use };
  }

  #forgetUnused(): void {
    const unusedMs = this.#deps.clock.now() - UNUSED_MS;
    for (const [id, { usedMs }] of this.#shared) {
      const { inFlight, due } = this.#deps.lines.use(id);
      if (inFlight + due === 0 && usedMs < unusedMs) this.#shared.delete(id);
    }
  }

  #hasAnswered(): void {
    if (this.#failed > MAY_FAIL) this.#deps.warn('the board of the providers is reached again: limits are shared');
    this.#failed = 0;
  }

  #hasFailed(error: unknown): void {
    this.#failed += 1;
    if (this.#failed !== MAY_FAIL + 1) return;
    this.#deps.warn(
      `the board of the providers cannot be reached (${String(error)}): limits hold by the share that this worker had last, ` +
        'or whole where it had none',
    );
  }
}
