import { systemClock, type Clock } from '../clock.js';
import type { Begun } from '../core/deployments/minute-use.js';
import type { Waiter } from '../core/deployments/flow.js';
import { Line, type LineUse, type RequestLimits } from '../core/deployments/line.js';

/** A place for a request. */
export interface Slot {
  readonly waitMs: null;
  /** The request has ended, and has used so many tokens; null, or absent: the provider does not say. */
  readonly release: (tokens?: number | null) => void;
  /** It was not made: the place was never taken. */
  readonly giveBack: () => void;
}

/** The turn of a request that is to come back: when, and its place until then. */
export interface Turn {
  readonly waitMs: number;
  readonly sinceMs: number;
}

/** A place in a line, of one that was told when its turn comes. */
export interface HeldPlace {
  readonly sinceMs: number;
  readonly dueMs: number;
  /** It was told just now, and is told again by what is known since. @default it was away until its turn */
  readonly isNew?: boolean;
}

/** Who asks for a slot. */
export interface Asking extends Omit<Waiter, 'sinceMs'> {
  /** Its place, if it was told to come back. */
  readonly place: HeldPlace | undefined;
  /** Fires when it goes away. */
  readonly signal: AbortSignal;
}

/** Keeps limits of requests on this worker. */
export interface Limiter {
  /** Waits some seconds for a slot of what has this name, if its turn is near; else says when that comes. */
  take(name: string, limits: () => RequestLimits, asking: Asking): Promise<Slot | Turn>;
  /** When one that comes now would have its turn, ms since the epoch. */
  turnMs(name: string, limits: RequestLimits): number;
  /** How the slots of what has this name are used. */
  use(name: string): LineUse;
  /** Limits have changed: those go on whose turn has come by that. */
  goOn(): void;
}

/** One that comes so long before its time comes for its turn: clocks differ, and it may have been told just now. */
const EARLY_MS = 4_000;

const UNUSED: LineUse = { sent: 0, inFlight: 0, ahead: 0, tokens: 0, due: 0, waiting: 0, soon: 0 };

type LineClock = Pick<Clock, 'now' | 'sleep'>;

export function createLimiter(clock: LineClock = systemClock): Limiter {
  const lines = new Map<string, LimitedLine>();
  return {
    take: async (name, limits, asking) => {
      const line = lines.get(name) ?? new LimitedLine(limits, clock);
      lines.set(name, line);
      return line.take(asking, limits);
    },
    turnMs: (name, limits) => lines.get(name)?.turnMs(limits) ?? 0,
    use: (name) => lines.get(name)?.use ?? UNUSED,
    goOn: () => lines.forEach((line) => line.goOn()),
  };
}

/** A line with those who stand in it. */
class LimitedLine {
  /** As who came last knows them. */
  #limits: () => RequestLimits;
  readonly #clock: LineClock;
  readonly #line = new Line();
  readonly #standing = new Map<Waiter, (slot: Slot) => void>();
  #stopTimer = (): void => undefined;

  constructor(limits: () => RequestLimits, clock: LineClock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get use(): LineUse {
    return this.#line.use(this.#clock.now());
  }

  turnMs(limits: RequestLimits): number {
    return this.#line.turnMs(limits, this.#clock.now());
  }

  async take({ place, signal, ...asking }: Asking, limits: () => RequestLimits): Promise<Slot | Turn> {
    this.#limits = limits;
    const nowMs = this.#clock.now();
    const waiter: Waiter = { ...asking, sinceMs: place?.sinceMs ?? this.#line.newPlace(nowMs) };
    // It may have waited for the limits until then.
    if (nowMs >= (waiter.deadlineMs ?? Infinity)) return { waitMs: 1, sinceMs: waiter.sinceMs };
    const wasAway = place !== undefined && place.isNew !== true;
    const earlyMs = wasAway ? place.dueMs - nowMs : 0;
    if (earlyMs > EARLY_MS) return { waitMs: earlyMs, sinceMs: waiter.sinceMs };
    const arrival = this.#line.arrive(waiter, wasAway, limits(), nowMs);
    switch (arrival.type) {
      case 'begins':
        return this.#slot(arrival.begun);
      case 'booked':
        return { waitMs: arrival.dueMs - nowMs, sinceMs: waiter.sinceMs };
      case 'stands':
        return this.#stand(waiter, Math.min(arrival.untilMs, waiter.deadlineMs ?? Infinity) - nowMs, signal);
    }
  }

  #stand(waiter: Waiter, patienceMs: number, signal: AbortSignal): Promise<Slot | Turn> {
    return new Promise((resolve) => {
      const end = (outcome: Slot | Turn): void => {
        stopTimer();
        signal.removeEventListener('abort', goAway);
        this.#standing.delete(waiter);
        resolve(outcome);
      };
      const goAway = (): void => {
        this.#line.leave(waiter);
        end({ waitMs: 1, sinceMs: waiter.sinceMs });
      };
      const comeBack = (): void => {
        const nowMs = this.#clock.now();
        end({ waitMs: this.#line.leaveUntilDue(waiter, this.#limits(), nowMs) - nowMs, sinceMs: waiter.sinceMs });
      };
      const stopTimer = after(this.#clock, patienceMs, comeBack);
      signal.addEventListener('abort', goAway, { once: true });
      this.#standing.set(waiter, end);
      if (signal.aborted) goAway();
      this.goOn();
    });
  }

  #slot(begun: Begun): Slot {
    return {
      waitMs: null,
      release: (tokens) => {
        this.#line.ended(begun, this.#limits(), this.#clock.now(), tokens);
        this.goOn();
      },
      giveBack: () => {
        this.#line.notMade(begun, this.#limits(), this.#clock.now());
        this.goOn();
      },
    };
  }

  /** Lets those begin whose turn has come, and looks again when the next one's comes. */
  goOn(): void {
    this.#stopTimer();
    if (this.#standing.size === 0) return;
    const nowMs = this.#clock.now();
    const limits = this.#limits();
    for (const [waiter, begun] of this.#line.next(limits, nowMs)) this.#standing.get(waiter)?.(this.#slot(begun));
    const nextMs = this.#line.nextMs(limits, nowMs);
    if (nextMs !== null) this.#stopTimer = after(this.#clock, Math.max(1, nextMs - nowMs), () => this.goOn());
  }
}

/** Runs something later, unless what is returned is called before. */
function after(clock: LineClock, ms: number, run: () => void): () => void {
  const stopped = new AbortController();
  clock.sleep(ms, { signal: stopped.signal }).then(run, () => undefined);
  return () => stopped.abort();
}
