import type { Clock } from '../clock.js';
import type {
  BoardReport,
  BoardView,
  DeploymentAbout,
  DeploymentNews,
  DeploymentUse,
} from '../core/deployments/board.js';
import { circuitState, shiftedEvent, type CircuitEvent, type CircuitState } from '../core/deployments/circuit.js';
import type { Hold } from '../core/deployments/hold.js';
import type { LineUse, RequestLimits } from '../core/deployments/line.js';
import { areKnown } from '../core/deployments/other-lines.js';
import { hasLimit, noShareOf, partOf, withAtLeast, type Share } from '../core/deployments/shares.js';
import type { Circuits } from './circuits.js';
import type { FailureMarks } from './failure-marks.js';
import type { Asking } from './limiter.js';
import type { RecentLog } from './recent-log.js';
import { hasNoWord, newShared, STALE_MS, type Shared, type Told } from './shared-deployment.js';
import { untilDone, type Patience } from './until-done.js';

/** Tells the board how this worker uses deployments; rejects in some seconds where it cannot be reached. */
export type ReportToBoard = (report: BoardReport) => Promise<BoardView>;

/** The limits that hold now. */
type LimitsNow = () => RequestLimits;

/** Who asks for a slot: one that has a place already wants to know how many wait elsewhere. */
type ForShare = Patience & Partial<Pick<Asking, 'place'>>;

/** A deployment that a call may ask. */
export interface Asked {
  readonly id: string;
  readonly about: DeploymentAbout;
}

export interface SharedBoardDeps {
  readonly report: ReportToBoard;
  /** The name of this worker. */
  readonly worker: string;
  readonly lines: {
    use(name: string): LineUse;
    /** The limits of lines have changed. */
    goOn(): void;
  };
  /** The limits of a deployment by the config. */
  readonly limitsOf: (deployment: string) => Share;
  readonly circuits: Circuits;
  readonly marks: Pick<FailureMarks, 'of'>;
  readonly recent: Pick<RecentLog, 'counts' | 'lastError'>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly warn: (message: string) => void;
}

/** Shares of limits follow the use of them. */
const SHARES_EVERY_MS = 1_000;
/** What the others know is to be here in two seconds; what this worker has to tell them is told at once. */
const NEWS_EVERY_MS = 1_700;

/** The first call to a deployment with a limit waits so long at most for this worker's share. */
const FIRST_SHARE_MS = 10_000;

/** One that was told its turn while it was not known how many wait elsewhere waits so long at most until it is. */
const OTHERS_MS = 3_000;
/** So many do at most: each has a slot of its worker. */
const MOST_FOR_OTHERS = 100;

/** And any call for what the others know of it, where this worker has heard nothing lately. */
const WORD_MS = 300;
/** One whose reports neither came back nor failed for so long was frozen: what it had may be another's. */
const FROZEN_MS = 6_000;
/** It has more to do with its time. */
const WORD_SHARE = 0.1;

/** The share of a deployment that nobody asks for so long goes to the others. */
const UNUSED_MS = 3_000;

/** For so long after that the worker hears what the others know of it. */
const LISTENS_MS = 10_000;

/** How many reports in a row may fail before the log has it: a server that restarts is back sooner. */
const MAY_FAIL = 2;

/** A deployment, and what this worker has of its limits: nothing, where it has no calls there. */
export interface Standing {
  readonly state: CircuitState | 'held';
  readonly share: Share;
}

/** The line of those who wait for the return of a deployment. */
export function lineOfReturn(deployment: string): string {
  return `return of ${deployment}`;
}

/**
 * What this worker has of the board of its task queue: its share of limits, and what all know of deployments. It reports
 * while there are calls, and keeps what came back; where the board cannot be reached, it goes by that.
 */
export class SharedBoard {
  readonly #deps: SharedBoardDeps;
  readonly #shared = new Map<string, Shared>();
  /** The report under way, and the one that follows it. */
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #isRunning = false;
  #failed = 0;
  /** When the next report has come back, or failed. */
  #answered: Promise<void>;
  #onAnswer: () => void = () => undefined;
  /** Calls that wait for what others have told. */
  #waitForOthersNow = 0;
  /** When a report came back last, or failed, as it does in some seconds. */
  #toldMs = 0;

  constructor(deps: SharedBoardDeps) {
    this.#deps = deps;
    this.#answered = this.#nextAnswer();
  }

  #nextAnswer(): Promise<void> {
    return new Promise((resolve) => (this.#onAnswer = resolve));
  }

  /**
   * A call may ask one of these deployments. Waits for what the others know of them: 0.3 s at most; null where this
   * worker has heard of them lately. Of one that is back from a cooldown it hears who may probe it.
   */
  word(asked: readonly Asked[], patience: Patience): Promise<void> | null {
    const { circuits, clock } = this.#deps;
    const waitedFor = asked.flatMap(({ id, about }) => {
      const shared = this.#use(id, about);
      shared.asksToProbe = circuitState(circuits.of(id), clock.now()) === 'half-open';
      return hasNoWord(shared, clock.now()) ? [shared] : [];
    });
    if (waitedFor.length === 0 || !this.isReached) return null;
    const leftMs = (patience.deadlineMs ?? Infinity) - clock.now();
    const isHeard = () => !waitedFor.some((shared) => hasNoWord(shared, clock.now()));
    return this.#tellUntil(isHeard, Math.min(WORD_MS, leftMs * WORD_SHARE), patience);
  }

  /** Waits for the share of this worker, where there are limits and it has none: some seconds at most. */
  async of(deployment: string, patience: ForShare): Promise<LimitsNow> {
    if (hasLimit(this.#deps.limitsOf(deployment))) {
      const shared = this.#use(deployment);
      if (shared.given === null) await this.#waitForShare(shared, patience);
      if (patience.place?.isNew) await this.#waitForOthers(deployment, shared, patience.place.sinceMs, patience);
    }
    return () => this.#limitsNow(deployment);
  }

  /** Which of these deployments this worker is to check now, of all that check them so often; null: the board is away. */
  async toCheck(asked: readonly Asked[], everyMs: number): Promise<ReadonlySet<string> | null> {
    const shared = asked.map(({ id, about }) => this.#known(id, about));
    for (const each of shared) each.checksEveryMs = everyMs;
    this.#keepTelling();
    await this.#tell();
    const toCheck = asked.filter((_, index) => shared[index]?.isToCheck === true);
    for (const each of shared) Object.assign(each, { checksEveryMs: undefined, isToCheck: false });
    return this.#failed > 0 ? null : new Set(toCheck.map(({ id }) => id));
  }

  /** How a deployment stands, as this worker knows it. */
  standing(id: string): Standing {
    const { circuits, clock } = this.#deps;
    const { given, word } = this.#shared.get(id) ?? {};
    const state = circuitState(circuits.of(id), clock.now());
    return { state: word?.hold === undefined ? state : 'held', share: given?.share ?? {} };
  }

  /** Calls come to all workers, but not evenly: where many come, a turn that is told too late is lost. */
  async #waitForOthers(id: string, shared: Shared, sinceMs: number, patience: Patience): Promise<void> {
    const isKnown = (): boolean => {
      const { others } = shared.given ?? {};
      return others === undefined || shared.toldMs >= sinceMs || areKnown(others, this.#deps.lines.use(id).waiting);
    };
    if (isKnown() || this.#waitForOthersNow >= MOST_FOR_OTHERS) return;
    this.#waitForOthersNow += 1;
    await this.#until(isKnown, OTHERS_MS, patience, () => this.#answered);
    this.#waitForOthersNow -= 1;
  }

  /** However long it takes, the deployment is in use. */
  async #waitForShare(shared: Shared, patience: Patience): Promise<void> {
    shared.waiting += 1;
    await this.#tellUntil(() => shared.given !== null, FIRST_SHARE_MS, patience);
    shared.waiting -= 1;
    shared.usedMs = this.#deps.clock.now();
  }

  holdOf(deployment: string): Hold | undefined {
    return this.#shared.get(deployment)?.word?.hold;
  }

  /** How many workers use it, this one among them. */
  workersOf(deployment: string): number {
    return Math.max(1, this.#shared.get(deployment)?.word?.workers ?? 1);
  }

  /** Failures of the last minute that other workers have seen, by kind. */
  failures(deployment: string): Readonly<Record<string, number>> {
    return this.#shared.get(deployment)?.word?.failures ?? {};
  }

  /** Something has happened that the others should know soon. */
  tell(): void {
    if (this.isReached) void this.#tell();
  }

  /** Whether the board answers, as far as it was asked. */
  get isReached(): boolean {
    return this.#failed <= MAY_FAIL;
  }

  #use(id: string, about?: DeploymentAbout): Shared {
    const shared = this.#known(id, about);
    shared.usedMs = this.#deps.clock.now();
    this.#keepTelling();
    return shared;
  }

  #known(id: string, about?: DeploymentAbout): Shared {
    const shared = this.#shared.get(id) ?? newShared();
    shared.about = about ?? shared.about;
    this.#shared.set(id, shared);
    return shared;
  }

  /** By the config that is in force; under a wildcard, limits are those of the deployment of the config. */
  #limitsOf(id: string, { about }: Pick<Shared, 'about'>): Share {
    return about?.configuredId === undefined ? this.#deps.limitsOf(id) : {};
  }

  #tellUntil(isDone: () => boolean, limitMs: number, patience: Patience): Promise<void> {
    return this.#until(isDone, limitMs, patience, () => this.#tell());
  }

  /** No call waits for a board that is away. */
  #until(isDone: () => boolean, limitMs: number, patience: Patience, next: () => Promise<void>): Promise<void> {
    return untilDone(() => isDone() || !this.isReached, this.#deps.clock, { ...patience, limitMs }, next);
  }

  /**
   * Before the board has given it a share, a worker has none, as one that was frozen while it waited for it. Where the board
   * is away it has the whole limits, as if it were alone.
   */
  #limitsNow(deployment: string): RequestLimits {
    const limits = this.#deps.limitsOf(deployment);
    if (!hasLimit(limits)) return {};
    const given = this.#shared.get(deployment)?.given ?? null;
    if (given === null) return this.isReached ? { ...noShareOf(limits), whole: limits } : limits;
    const isFrozen = this.#deps.clock.now() - this.#toldMs > FROZEN_MS;
    if (isFrozen) return { ...noShareOf(limits), whole: limits };
    const { share, others, burst, tokenBurst } = given;
    return { ...partOf(limits, share), burst, tokenBurst, whole: limits, ...(this.isReached && { others }) };
  }

  #keepTelling(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run().finally(() => (this.#isRunning = false));
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#deps.clock.sleep(this.#everyMs, { ref: false });
      this.#forgetUnused();
      if (this.#shared.size === 0) return;
      await this.#tell();
    }
  }

  get #everyMs(): number {
    const hasLimits = [...this.#shared].some(
      ([id, shared]) => hasLimit(this.#limitsOf(id, shared)) && this.#isUsed(id, shared),
    );
    return hasLimits ? SHARES_EVERY_MS : NEWS_EVERY_MS;
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
    const { report, worker, lines, circuits, clock } = this.#deps;
    const askedMs = clock.now();
    const isInTime = (): boolean => clock.now() - askedMs <= FROZEN_MS;
    const told = [...this.#shared].map(([id, shared]) => {
      const events = circuits.news(id);
      return { id, shared, events, use: this.#useOf(id, shared, events) };
    });
    try {
      const views = await report({ worker, deployments: Object.fromEntries(told.map(({ id, use }) => [id, use])) });
      // What a worker that was frozen hears says what was its own before that.
      if (isInTime()) for (const { id, shared, ...each } of told) this.#hear(id, shared, { ...each, askedMs }, views);
      this.#hasAnswered();
    } catch (error) {
      this.#hasFailed(error);
    }
    if (isInTime()) this.#toldMs = clock.now();
    lines.goOn();
    this.#onAnswer();
    this.#answered = this.#nextAnswer();
  }

  #hear(id: string, shared: Shared, { use, events, askedMs }: Told, { [id]: view }: BoardView): void {
    if (view === undefined) return;
    const { word, checks = false, ...given } = view;
    shared.isToCheck = checks;
    const nowMs = this.#deps.clock.now();
    // What it had is another's by now, where it was not heard of for long.
    const isLate = nowMs - shared.heardMs > STALE_MS;
    const isFirst = shared.given === null;
    shared.givenNext = use.news?.listens === true ? null : given;
    shared.given = shared.givenNext && withAtLeast(shared.givenNext, isLate ? {} : (shared.given?.share ?? {}));
    shared.heardMs = nowMs;
    shared.toldMs = askedMs;
    // The first share leaves others their parts, who may come in this moment.
    if (isFirst && shared.given !== null && hasLimit(shared.given.share)) void this.#tell();
    shared.asksToProbe = false;
    if (word === undefined) return;
    const { hold } = word;
    shared.word = { ...word, ...(hold && { hold: { ...hold, sinceMs: hold.sinceMs + nowMs } }) };
    this.#deps.circuits.take(id, word.circuit, events);
  }

  #useOf(id: string, shared: Shared, events: readonly CircuitEvent[]): DeploymentUse {
    const { about } = shared;
    const limits = this.#limitsOf(id, shared);
    const listens = about !== null && !this.#isUsed(id, shared);
    const { ahead, ...use } = this.#deps.lines.use(id);
    const next = listens ? null : shared.givenNext;
    // What it does not keep is the others' from now on.
    // And what it began ahead of the pace it keeps of what it has, until that is paid for.
    shared.given = next && withAtLeast(next, { rpm: Math.min(ahead, shared.given?.share.rpm ?? 0) });
    const share = shared.given?.share ?? {};
    const parallel = limits.maxParallelRequests !== undefined && Math.max(use.inFlight, share.maxParallelRequests ?? 0);
    const keeps = { ...share, ...(parallel !== false && { maxParallelRequests: parallel }) };
    const news = about && { ...this.#newsOf(id, shared, events), about, listens };
    const { checksEveryMs } = shared;
    const asks = checksEveryMs === undefined ? {} : { checksEveryMs };
    // Those who wait for the share are in no line yet.
    const due = use.due + shared.waiting;
    const waiting = use.waiting + shared.waiting;
    return { limits, keeps, ...use, due, waiting, ...(news && { news }), ...asks };
  }

  #newsOf(id: string, shared: Shared, events: readonly CircuitEvent[]): Omit<DeploymentNews, 'about' | 'listens'> {
    const { lines, recent, marks, clock } = this.#deps;
    const nowMs = clock.now();
    const lastError = recent.lastError(id);
    return {
      waiting: lines.use(id).waiting + lines.use(lineOfReturn(id)).waiting,
      events: [
        ...events.map((event) => shiftedEvent(event, -nowMs)),
        ...(shared.asksToProbe ? [{ type: 'probes' } as const] : []),
      ],
      recent: recent.counts(id),
      lastError: lastError && { ...lastError, atMs: lastError.atMs - nowMs },
      failures: marks.of(id, nowMs),
    };
  }

  #isUsed(id: string, { usedMs, waiting }: Shared): boolean {
    const { lines, circuits, clock } = this.#deps;
    if (waiting > 0 || usedMs >= clock.now() - UNUSED_MS || circuits.isProbing(id)) return true;
    const { inFlight, ahead, due, soon } = lines.use(id);
    return inFlight + ahead + due + soon > 0;
  }

  #forgetUnused(): void {
    const longAgoMs = this.#deps.clock.now() - UNUSED_MS - LISTENS_MS;
    for (const [id, shared] of this.#shared) {
      const listens = shared.about !== null && shared.usedMs >= longAgoMs;
      if (!listens && !this.#isUsed(id, shared)) this.#shared.delete(id);
    }
  }

  #hasAnswered(): void {
    if (!this.isReached) {
      this.#deps.warn('the board of the providers is reached again: limits, cooldowns and holds are shared');
    }
    this.#failed = 0;
  }

  #hasFailed(error: unknown): void {
    this.#failed += 1;
    if (this.#failed !== MAY_FAIL + 1) return;
    this.#deps.warn(
      `the board of the providers cannot be reached (${String(error)}): limits hold by the share that this worker had last, ` +
        'or whole where it had none; cooldowns and holds by what it knows',
    );
  }
}
