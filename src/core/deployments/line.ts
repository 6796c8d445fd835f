import { total } from '../common/total.js';
import type { Circuit } from './circuit.js';
import type { ExpectedTokens } from './expected-tokens.js';
import { MinuteUse, type Begun, type MinuteLimits } from './minute-use.js';
import { rampFrom, rampMs } from './ramp.js';

/** Which requests there may be. Unset: any number. */
export interface RequestLimits extends MinuteLimits {
  readonly maxParallelRequests?: number | undefined;
  /** Of a deployment that has failed: while it is open nobody begins who stands in line, and on its ramp each in its time. */
  readonly circuit?: Circuit;
  /** How many workers share the ramp. @default 1 */
  readonly among?: number | undefined;
  /** What they will be soon: turns are foretold by it. @default what they are now */
  readonly foreseen?: Pick<RequestLimits, 'rpm' | 'tpm' | 'maxParallelRequests'> | undefined;
}

/** Who waits in a line. */
export interface Waiter {
  /** Whose request it is: those who wait are served in turn, a key or a batch at a time. */
  readonly flow: string;
  /** Lower ones are served first. */
  readonly priority: number;
  /** Its place within its flow: when it came, ms since the epoch. No two of a line have the same, see `newPlace`. */
  readonly sinceMs: number;
  /** When it no longer wants a turn, ms since the epoch; null: it always does. */
  readonly deadlineMs: number | null;
  /** What it will take of a limit of tokens. @default nothing */
  readonly tokens?: ExpectedTokens | undefined;
}

/** What becomes of a request that comes to a line. */
export type Arrival =
  | { readonly type: 'begins'; readonly begun: Begun }
  /** Its turn comes soon: it stays. */
  | { readonly type: 'stands'; readonly untilMs: number }
  /** It goes away, and comes back when its turn comes. */
  | { readonly type: 'booked'; readonly dueMs: number };

/** How a line is used. */
export interface LineUse {
  /** Requests that have begun, ever. */
  readonly sent: number;
  readonly inFlight: number;
  /** Tokens of the last minute: used, or expected of requests under way. */
  readonly tokens: number;
  /** Those who stand in it. */
  readonly due: number;
  /** Those, and who is away until its turn. */
  readonly waiting: number;
}

interface Booking {
  readonly sinceMs: number;
  readonly dueMs: number;
}

interface Flow {
  readonly priority: number;
  /** Those who stay until their turn comes, by their places. */
  readonly standing: Waiter[];
  /** Those who are away until their turn comes, by their places. */
  booked: Booking[];
  /** How often it was served, in rounds of all flows. */
  served: number;
}

/** A request stays whose turn comes within so long: one that comes for the first time, and one that came back for its turn. */
const FIRST_PATIENCE_MS = 1_000;
const PATIENCE_MS = 5_000;

/** Between the places of those who come in the same moment. */
const PLACE_STEP_MS = 0.001;

/** So many stay at most: each has a slot of its worker. */
const MOST_STANDING = 50;

/** The longer a deployment has failed, the later those look again who are not the first: a quarter of that time, so much at most. */
const MOST_LATER_MS = 60_000;

/** How long a request takes, before one has ended. */
const GUESSED_MS = 1_000;
/** The weight of the last one in the mean of their durations. */
const NEWEST = 0.2;

/**
 * The requests of one deployment, or of one caller, that wait for their turn under its limits: first come, first served
 * within a key or batch, and these in turn. Whose turn is far is told when it comes, and keeps its place meanwhile.
 */
export class Line {
  readonly #minute = new MinuteUse();
  /** When the requests began that are under way, the oldest first. */
  readonly #begunMs: number[] = [];
  #meanMs = GUESSED_MS;
  #lastPlaceMs = 0;
  #sent = 0;
  /** The round of the flow that was served last. */
  #round = 0;
  /** How many have begun on the ramp with this id. */
  #onRamp = { id: 0, begun: 0 };
  readonly #flows = new Map<string, Flow>();

  use(nowMs: number): LineUse {
    const due = this.#count(({ standing }) => standing.length);
    const away = this.#count(({ booked }) => booked.filter(({ dueMs }) => dueMs > nowMs).length);
    const tokens = this.#minute.tokensInMinute(nowMs);
    return { sent: this.#sent, inFlight: this.#begunMs.length, tokens, due, waiting: due + away };
  }

  /** The place of one that comes for the first time: behind all others. */
  newPlace(nowMs: number): number {
    this.#lastPlaceMs = Math.max(nowMs, this.#lastPlaceMs + PLACE_STEP_MS);
    return this.#lastPlaceMs;
  }

  /** When the turn would come of one that comes now. */
  turnMs(limits: RequestLimits, nowMs: number): number {
    return this.#turnMs(this.#count(waitingIn), undefined, limits, nowMs);
  }

  /** @param isBack - whether it was booked before */
  arrive(waiter: Waiter, isBack: boolean, limits: RequestLimits, nowMs: number): Arrival {
    this.#forget(nowMs);
    this.#endBooking(waiter);
    const { tokens } = waiter;
    const dueMs = this.#turnMs(this.#ahead(waiter), tokens, limits, nowMs);
    const standing = this.#count(({ standing: here }) => here.length);
    // Whose turn it was takes what is free, also before those whose turn was foretold too late.
    if (standing === 0 && (isBack ? this.#turnMs(0, tokens, limits, nowMs) : dueMs) <= nowMs) {
      return { type: 'begins', begun: this.#begin(this.#flowOf(waiter), tokens, limits, nowMs) };
    }
    const patienceMs = isBack ? PATIENCE_MS : FIRST_PATIENCE_MS;
    // Whose turn has come stands behind those who are here. Those who are away may have been told later times, by another worker.
    const turnMs = isBack ? this.#turnMs(standing, tokens, limits, nowMs) : dueMs;
    const isFar = turnMs - nowMs > patienceMs || coolsUntil(limits.circuit) > nowMs;
    if (isFar || standing >= MOST_STANDING) {
      return { type: 'booked', dueMs: this.#book(waiter, dueMs, nowMs) };
    }
    const flow = this.#flowOf(waiter);
    flow.standing.splice(placeIn(flow.standing, waiter.sinceMs), 0, waiter);
    return { type: 'stands', untilMs: nowMs + 2 * patienceMs };
  }

  /** Those whose turn has come. */
  next(limits: RequestLimits, nowMs: number): [Waiter, Begun][] {
    const next: [Waiter, Begun][] = [];
    for (;;) {
      const flow = this.#nextFlow();
      const [waiter] = flow?.standing ?? [];
      if (flow === undefined || waiter === undefined || this.#freeMs(waiter, limits, nowMs) > nowMs) return next;
      flow.standing.shift();
      next.push([waiter, this.#begin(flow, waiter.tokens, limits, nowMs)]);
    }
  }

  /** When to ask for the next ones; null: when a request has ended, or nobody stands in the line. */
  nextMs(limits: RequestLimits, nowMs: number): number | null {
    const [waiter] = this.#nextFlow()?.standing ?? [];
    const atMs = waiter === undefined ? Infinity : this.#freeMs(waiter, limits, nowMs);
    return atMs === Infinity ? null : atMs;
  }

  /** One that stood in the line goes away. */
  leave(waiter: Waiter): void {
    const { standing } = this.#flowOf(waiter);
    standing.splice(standing.indexOf(waiter), 1);
  }

  /** One that stood in the line for too long goes away. Returns when it is to come back. */
  leaveUntilDue(waiter: Waiter, limits: RequestLimits, nowMs: number): number {
    this.leave(waiter);
    return this.#book(waiter, this.#turnMs(this.#ahead(waiter), waiter.tokens, limits, nowMs), nowMs);
  }

  /** A request has ended. @param tokens - what it has used; null: the provider does not say */
  ended(begun: Begun, limits: MinuteLimits, nowMs: number, tokens: number | null = null): void {
    this.#leftFlight(begun);
    this.#meanMs += NEWEST * (nowMs - begun.begunMs - this.#meanMs);
    this.#minute.ended(limits, begun, tokens, nowMs);
  }

  /** A request was not made after all. */
  notMade(begun: Begun, limits: MinuteLimits): void {
    this.#leftFlight(begun);
    this.#sent -= 1;
    this.#minute.notMade(limits, begun);
  }

  #leftFlight({ begunMs }: Begun): void {
    const index = this.#begunMs.indexOf(begunMs);
    if (index !== -1) this.#begunMs.splice(index, 1);
  }

  #begin(flow: Flow, tokens: ExpectedTokens | undefined, limits: RequestLimits, nowMs: number): Begun {
    const { circuit } = limits;
    if (circuit?.state === 'ramp') this.#onRamp = { id: circuit.id, begun: this.#begunOn(circuit) + 1 };
    flow.served = Math.max(flow.served, this.#round) + 1;
    this.#round = flow.served - 1;
    this.#begunMs.push(nowMs);
    this.#sent += 1;
    return this.#minute.began(limits, tokens, nowMs);
  }

  /** Returns when it is to come back; who has no time left by then has no place. */
  #book(waiter: Waiter, turnMs: number, nowMs: number): number {
    const { sinceMs, deadlineMs } = waiter;
    const dueMs = Math.max(turnMs, nowMs + 1);
    if (dueMs >= (deadlineMs ?? Infinity)) return dueMs;
    const flow = this.#flowOf(waiter);
    flow.booked.splice(placeIn(flow.booked, sinceMs), 0, { sinceMs, dueMs });
    return dueMs;
  }

  /** It may come before its time. */
  #endBooking({ flow, priority, sinceMs }: Waiter): void {
    const booked = this.#flows.get(key(flow, priority))?.booked ?? [];
    const index = placeIn(booked, sinceMs);
    if (booked[index]?.sinceMs === sinceMs) booked.splice(index, 1);
  }

  /** When the turn comes of one who has so many ahead. */
  #turnMs(ahead: number, tokens: ExpectedTokens | undefined, limits: RequestLimits, nowMs: number): number {
    const { foreseen = limits } = limits;
    const { maxParallelRequests } = foreseen;
    const gapMs = Math.max(
      this.#minute.gapMs(foreseen, tokens),
      maxParallelRequests === undefined ? 0 : this.#durationMs(nowMs) / (maxParallelRequests || 1),
    );
    const freeAtMs = this.#minute.freeMs(limits, tokens, nowMs, this.#count(waitingIn) === 0);
    const ownMs = Math.max(freeAtMs, this.#isFull(limits) ? nowMs + gapMs : nowMs) + ahead * gapMs;
    return Math.max(ownMs, this.#backMs(ahead, limits, nowMs));
  }

  /** When a deployment that has failed will take one who has so many ahead: the first of all may be the probe. */
  #backMs(ahead: number, { circuit, among = 1 }: RequestLimits, nowMs: number): number {
    if (circuit === undefined) return nowMs;
    if (circuit.state === 'ramp') return circuit.sinceMs + rampMs(circuit, (this.#begunOn(circuit) + ahead) * among);
    const { untilMs, sinceMs } = circuit;
    if (untilMs > nowMs && ahead === 0) return untilMs;
    const laterMs = Math.max(this.#durationMs(nowMs), Math.min(MOST_LATER_MS, (nowMs - sinceMs) / 4));
    return Math.max(untilMs, nowMs) + laterMs + rampMs(rampFrom(nowMs), ahead * among);
  }

  #begunOn({ id }: { readonly id: number }): number {
    return this.#onRamp.id === id ? this.#onRamp.begun : 0;
  }

  /** How long a request takes: those under way tell more than those that have ended, where they take longer all together. */
  #durationMs(nowMs: number): number {
    const ageMs = total(this.#begunMs.map((begunMs) => nowMs - begunMs)) / (this.#begunMs.length || 1);
    return Math.max(this.#meanMs, ageMs);
  }

  /** When one of those who stand there may begin; Infinity: when a request has ended, or the limits change. */
  #freeMs({ tokens }: Waiter, limits: RequestLimits, nowMs: number): number {
    if (this.#isFull(limits) || limits.circuit?.state === 'open') return Infinity;
    return Math.max(this.#minute.freeMs(limits, tokens, nowMs), this.#backMs(0, limits, nowMs));
  }

  /** Whether none may begin now, however long the last one was ago. */
  #isFull({ maxParallelRequests = Infinity, rpm, tpm }: RequestLimits): boolean {
    return this.#begunMs.length >= maxParallelRequests || rpm === 0 || tpm === 0;
  }

  /** How many go first: those of a better priority, and of its own those of the rounds until its turn. */
  #ahead({ flow, priority, sinceMs }: Waiter): number {
    const own = this.#flows.get(key(flow, priority));
    const inFlow = own === undefined ? 0 : placeIn(own.standing, sinceMs) + placeIn(own.booked, sinceMs);
    const better = this.#count((other) => (other.priority < priority ? waitingIn(other) : 0));
    const inRounds = this.#count((other) => (other.priority === priority ? Math.min(waitingIn(other), inFlow) : 0));
    return better + inRounds;
  }

  #count(of: (flow: Flow) => number): number {
    let total = 0;
    for (const flow of this.#flows.values()) total += of(flow);
    return total;
  }

  /** The flow whose turn it is. */
  #nextFlow(): Flow | undefined {
    let next: Flow | undefined;
    for (const flow of this.#flows.values()) {
      if (flow.standing.length > 0 && (next === undefined || isBefore(flow, next))) next = flow;
    }
    return next;
  }

  #flowOf({ flow, priority }: Waiter): Flow {
    const known = this.#flows.get(key(flow, priority));
    if (known !== undefined) return known;
    const made: Flow = { priority, standing: [], booked: [], served: this.#round };
    this.#flows.set(key(flow, priority), made);
    return made;
  }

  /** Who was due is back, or has gone elsewhere. */
  #forget(nowMs: number): void {
    for (const [name, flow] of this.#flows) {
      const [first] = flow.booked;
      if (first !== undefined && first.dueMs <= nowMs) flow.booked = flow.booked.filter(({ dueMs }) => dueMs > nowMs);
      if (waitingIn(flow) === 0) this.#flows.delete(name);
    }
  }
}

function coolsUntil(circuit: Circuit): number {
  return circuit?.state === 'open' ? circuit.untilMs : 0;
}

function key(flow: string, priority: number): string {
  return `${priority} ${flow}`;
}

function waitingIn({ standing, booked }: Flow): number {
  return standing.length + booked.length;
}

function isBefore(one: Flow, other: Flow): boolean {
  return one.priority === other.priority ? one.served < other.served : one.priority < other.priority;
}

/** How many came before. */
function placeIn(waiting: readonly { readonly sinceMs: number }[], sinceMs: number): number {
  let low = 0;
  let high = waiting.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = waiting[middle];
    if (other !== undefined && other.sinceMs < sinceMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
