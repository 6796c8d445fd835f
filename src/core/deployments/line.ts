import { total } from '../common/total.js';
import type { Circuit } from './circuit.js';
import type { ExpectedTokens } from './expected-tokens.js';
import { flowKey, isBefore, NEW_FLOW, placeIn, standingIn, waitingIn, type Flow, type Waiter } from './flow.js';
import { MinuteUse, type Begun, type MinuteLimits } from './minute-use.js';
import { withOthers, workersAmong, type OtherLines } from './other-lines.js';
import { rampFrom, rampMs } from './ramp.js';
import { callsIn, isNewAfter, roundsFor } from './rounds.js';

/** Which requests there may be. Unset: any number. */
export interface RequestLimits extends MinuteLimits {
  readonly maxParallelRequests?: number | undefined;
  /** Of a deployment that has failed: while it is open nobody begins who stands in line, and on its ramp each in its time. */
  readonly circuit?: Circuit;
  /** How many workers share the ramp. @default 1 */
  readonly among?: number | undefined;
  /** Of those a share: the limits of all workers together, by which turns are foretold. @default these */
  readonly whole?: Pick<RequestLimits, 'rpm' | 'tpm' | 'maxParallelRequests'> | undefined;
  /** Who waits at other workers has a turn meanwhile. @default there are none */
  readonly others?: OtherLines | undefined;
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
  /** Those of the last minute, until what went ahead of the pace is paid for. */
  readonly ahead: number;
  /** Tokens of the last minute: used, or expected of requests under way. */
  readonly tokens: number;
  /** Those who stand in it. */
  readonly due: number;
  /** Those, and who is away until its turn. */
  readonly waiting: number;
  /** Who is away, and comes back within seconds. */
  readonly soon: number;
}

/** How many have their turns before a call: of this worker's, and of all. */
interface Ahead {
  readonly own: number;
  readonly all: number;
}

/** A request stays whose turn comes within so long: one that comes for the first time, and one that came back for its turn. */
const FIRST_PATIENCE_MS = 1_000;
const PATIENCE_MS = 20_000;

/**
 * Who was told its turn comes so long before it, so that no turn is lost where one comes late: if no more than so many of
 * the line do so at a time. What is foretold for long is off by more: a part of the time, so much at most.
 */
const EARLY_MS = 2_500;
const EARLY_PART = 0.1;
const MOST_EARLY_MS = 5_000;
const MOST_EARLY = 25;

/** As long as a share is given for. */
const SOON_MS = 5_000;

/** Between the places of those who come in the same moment. */
const PLACE_STEP_MS = 0.001;

/** So many stay: each has a slot of its worker. A flow that has less than its part of these stays also then, up to as many again. */
const MOST_STANDING = 60;

/** The longer a deployment has failed, the later those look again who are not the first: a quarter of that time, so much at most. */
const MOST_LATER_MS = 60_000;

/** How long a request takes, before one has ended, where nothing else limits how many begin. */
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
  /** Of a whole request; null: none has ended. */
  #meanMs: number | null = null;
  #lastPlaceMs = 0;
  #sent = 0;
  /** The round of the flow that was served last. */
  #round = 0;
  /** How many have begun on the ramp with this id. */
  #onRamp = { id: 0, begun: 0 };
  readonly #flows = new Map<string, Flow>();

  use(nowMs: number): LineUse {
    const dueUntil = (untilMs: number): number =>
      this.#count(({ booked }) => booked.filter(({ dueMs }) => dueMs > nowMs && dueMs <= untilMs).length);
    const due = this.#count(standingIn);
    return {
      sent: this.#sent,
      inFlight: this.#begunMs.length,
      ahead: this.#minute.aheadInMinute(nowMs),
      tokens: this.#minute.tokensInMinute(nowMs),
      due,
      waiting: due + dueUntil(Infinity),
      soon: dueUntil(nowMs + SOON_MS),
    };
  }

  /** The place of one that comes for the first time: behind all others. */
  newPlace(nowMs: number): number {
    this.#lastPlaceMs = Math.max(nowMs, this.#lastPlaceMs + PLACE_STEP_MS);
    return this.#lastPlaceMs;
  }

  /** When the turn would come of one that comes now. */
  turnMs(limits: RequestLimits, nowMs: number): number {
    const own = this.#count(waitingIn);
    return this.#turnMs({ own, all: withOthers(own, limits.others) }, undefined, limits, nowMs);
  }

  /** @param isBack - whether it was booked before */
  arrive(waiter: Waiter, isBack: boolean, limits: RequestLimits, nowMs: number): Arrival {
    this.#forget(nowMs);
    this.#endBooking(waiter);
    const { tokens } = waiter;
    const dueMs = this.#turnMs(this.#ahead(waiter, limits), tokens, limits, nowMs);
    const standing = this.#count(standingIn);
    // What is free goes to who is here: those who are away stand at the front when they come.
    if (standing === 0 && this.#freeMs(waiter, limits, nowMs) <= nowMs) {
      return { type: 'begins', begun: this.#begin(this.#flowOf(waiter), tokens, limits, nowMs) };
    }
    const patienceMs = isBack ? PATIENCE_MS : FIRST_PATIENCE_MS;
    // Whose turn has come stands behind those who are here. Those who are away may have been told later times, by another worker.
    const turnMs = isBack ? this.#turnMs(this.#ahead(waiter, limits, standingIn), tokens, limits, nowMs) : dueMs;
    const hereMs = isBack
      ? nowMs
      : nowMs + this.#ahead(waiter, limits, standingIn).own * this.#minute.gapMs(limits, tokens);
    const isFar = Math.max(turnMs, hereMs) - nowMs > patienceMs || coolsUntil(limits.circuit) > nowMs;
    if (isFar || this.#isFullFor(waiter, standing)) {
      return { type: 'booked', dueMs: this.#book(waiter, limits, nowMs) };
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
    return this.#book(waiter, limits, nowMs);
  }

  /** A request has ended. @param tokens - what it has used; null: the provider does not say */
  ended(begun: Begun, limits: MinuteLimits, nowMs: number, tokens: number | null = null): void {
    this.#leftFlight(begun);
    const tookMs = nowMs - begun.begunMs;
    this.#meanMs = this.#meanMs === null ? tookMs : this.#meanMs + NEWEST * (tookMs - this.#meanMs);
    this.#minute.ended(limits, begun, tokens, nowMs);
  }

  /** A request was not made after all. */
  notMade(begun: Begun, limits: MinuteLimits, nowMs: number): void {
    this.#leftFlight(begun);
    this.#sent -= 1;
    this.#minute.notMade(limits, begun, nowMs);
  }

  #leftFlight({ begunMs }: Begun): void {
    const index = this.#begunMs.indexOf(begunMs);
    if (index !== -1) this.#begunMs.splice(index, 1);
  }

  #begin(flow: Flow, tokens: ExpectedTokens | undefined, limits: RequestLimits, nowMs: number): Begun {
    const { circuit } = limits;
    if (circuit?.state === 'ramp') this.#onRamp = { id: circuit.id, begun: this.#begunOn(circuit) + 1 };
    this.#round = Math.max(flow.served, this.#round);
    flow.served = this.#round + roundsFor(flow, 1, workersAmong(limits.others));
    flow.begun += 1;
    this.#begunMs.push(nowMs);
    this.#sent += 1;
    return this.#minute.began(limits, tokens, nowMs);
  }

  /** Returns when it is to come back, a little before its turn; who has no time left by then has no place. */
  #book(waiter: Waiter, limits: RequestLimits, nowMs: number): number {
    const { sinceMs, deadlineMs, tokens } = waiter;
    const ahead = this.#aheadOfBooked(waiter, limits);
    const turnMs = this.#turnMs(ahead, tokens, limits, nowMs);
    if (turnMs >= (deadlineMs ?? Infinity)) return turnMs;
    const waitMs = turnMs - nowMs;
    const mostMs = Math.min(MOST_EARLY_MS, MOST_EARLY * this.#gapMs(tokens, limits, nowMs), waitMs / 2);
    const earlyMs = Math.min(Math.max(EARLY_MS, EARLY_PART * waitMs), mostMs);
    const dueMs = Math.max(this.#turnMs(ahead, tokens, limits, nowMs, earlyMs), nowMs + 1);
    const flow = this.#flowOf(waiter);
    flow.booked.splice(placeIn(flow.booked, sinceMs), 0, { sinceMs, dueMs });
    return dueMs;
  }

  /** It may come before its time. */
  #endBooking({ flow, priority, sinceMs }: Waiter): void {
    const booked = this.#flows.get(flowKey(flow, priority))?.booked ?? [];
    const index = placeIn(booked, sinceMs);
    if (booked[index]?.sinceMs === sinceMs) booked.splice(index, 1);
  }

  /** When the turn comes of one who has these ahead. @param earlyMs - so long before its turn under the limits */
  #turnMs(ahead: Ahead, tokens: ExpectedTokens | undefined, limits: RequestLimits, nowMs: number, earlyMs = 0): number {
    const freeAtMs = this.#minute.foretoldMs(limits, limits.whole ?? limits, tokens, nowMs);
    const soonMs = this.#isFull(limits) ? nowMs + this.#wholeGapMs(tokens, limits, nowMs) : nowMs;
    const ownMs = Math.max(freeAtMs, soonMs) + ahead.all * this.#wholeGapMs(tokens, limits, nowMs);
    return Math.max(ownMs - earlyMs, this.#backMs(ahead.own, limits, nowMs));
  }

  /** How long after one of this worker's another one has its turn. */
  #gapMs(tokens: ExpectedTokens | undefined, limits: RequestLimits, nowMs: number): number {
    const own = this.#count(waitingIn) || 1;
    return (this.#wholeGapMs(tokens, limits, nowMs) * withOthers(own, limits.others)) / own;
  }

  /** How long after one of any worker's another one has. */
  #wholeGapMs(tokens: ExpectedTokens | undefined, limits: RequestLimits, nowMs: number): number {
    const { whole = limits } = limits;
    const { maxParallelRequests } = whole;
    return Math.max(
      this.#minute.gapMs(whole, tokens),
      maxParallelRequests === undefined ? 0 : this.#durationMs(whole, nowMs) / (maxParallelRequests || 1),
    );
  }

  /** When a deployment that has failed will take one who has so many ahead: the first of all may be the probe. */
  #backMs(ahead: number, limits: RequestLimits, nowMs: number): number {
    const { circuit, among = 1 } = limits;
    if (circuit === undefined) return nowMs;
    if (circuit.state === 'ramp') return circuit.sinceMs + rampMs(circuit, (this.#begunOn(circuit) + ahead) * among);
    const { untilMs, sinceMs } = circuit;
    if (untilMs > nowMs && ahead === 0) return untilMs;
    const laterMs = Math.max(this.#durationMs(limits, nowMs), Math.min(MOST_LATER_MS, (nowMs - sinceMs) / 4));
    return Math.max(untilMs, nowMs) + laterMs + rampMs(rampFrom(nowMs), ahead * among);
  }

  #begunOn({ id }: { readonly id: number }): number {
    return this.#onRamp.id === id ? this.#onRamp.begun : 0;
  }

  /** How long a request takes: those under way tell more than those that have ended, where they take longer all together. */
  #durationMs({ rpm, tpm }: MinuteLimits, nowMs: number): number {
    const guessedMs = rpm === undefined && tpm === undefined ? GUESSED_MS : 0;
    const ageMs = total(this.#begunMs.map((begunMs) => nowMs - begunMs)) / (this.#begunMs.length || 1);
    return Math.max(this.#meanMs ?? guessedMs, ageMs);
  }

  /** When one of those who stand there may begin; Infinity: when a request has ended, or the limits change. */
  #freeMs({ tokens }: Waiter, limits: RequestLimits, nowMs: number): number {
    const paceMs = this.#minute.freeMs(limits, tokens, nowMs, this.#count(waitingIn) === 0);
    if (this.#isFull(limits) || limits.circuit?.state === 'open') return Infinity;
    return Math.max(paceMs, this.#backMs(0, limits, nowMs));
  }

  /** Whether none may begin now, however long the last one was ago. */
  #isFull({ maxParallelRequests = Infinity, rpm, tpm }: RequestLimits): boolean {
    return this.#begunMs.length >= maxParallelRequests || rpm === 0 || tpm === 0;
  }

  /** Whether it cannot stay, so many as there are: each flow has its part of the places, and the first of a flow has one. */
  #isFullFor({ flow, priority }: Waiter, standing: number): boolean {
    if (standing < MOST_STANDING) return false;
    const own = this.#flows.get(flowKey(flow, priority))?.standing.length ?? 0;
    return own >= MOST_STANDING / this.#flows.size || standing >= 2 * MOST_STANDING;
  }

  /**
   * How many go first: those of a better priority, and of its own those of the rounds until its turn. All calls of a flow that
   * comes newly may be here: then it has its turn in each round of all workers.
   */
  #ahead({ flow, priority, sinceMs }: Waiter, limits: RequestLimits, among = waitingIn): Ahead {
    const own = this.#flows.get(flowKey(flow, priority)) ?? NEW_FLOW;
    const booked = among === standingIn ? [] : own.booked;
    const inFlow = placeIn(own.standing, sinceMs) + placeIn(booked, sinceMs);
    const better = this.#count((other) => (other.priority < priority ? among(other) : 0));
    const inRoundsOf = (workers: number): number => {
      const rounds = roundsFor(own, inFlow, workers);
      return this.#count((other) =>
        other !== own && other.priority === priority ? Math.min(among(other), callsIn(other, rounds, workers)) : 0,
      );
    };
    const ahead = better + inFlow + inRoundsOf(workersAmong(limits.others));
    const isNew = this.#count(waitingIn) > waitingIn(own) && isNewAfter(own, inFlow);
    const { others } = limits;
    return { own: ahead, all: isNew ? withOthers(better, others) + inFlow + inRoundsOf(1) : withOthers(ahead, others) };
  }

  /** Where it cannot stay, its turn comes behind those who stand here, however early it came: else it would be back at once. */
  #aheadOfBooked(waiter: Waiter, limits: RequestLimits): Ahead {
    const ahead = this.#ahead(waiter, limits);
    const standing = this.#count(standingIn);
    if (!this.#isFullFor(waiter, standing)) return ahead;
    return { own: Math.max(ahead.own, standing), all: Math.max(ahead.all, withOthers(standing, limits.others)) };
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
    const known = this.#flows.get(flowKey(flow, priority));
    if (known !== undefined) return known;
    const made: Flow = { priority, standing: [], booked: [], served: this.#round, begun: 0 };
    this.#flows.set(flowKey(flow, priority), made);
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
