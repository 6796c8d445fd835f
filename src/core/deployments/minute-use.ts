import { total } from '../common/total.js';
import type { ExpectedTokens } from './expected-tokens.js';
import {
  allowedInMinute,
  burstOf,
  caughtUp,
  freeMs,
  NOTHING_SENT,
  paceMs,
  recentlySent,
  ROUNDING,
  withoutSent,
  withSent,
  type Next,
  type Pace,
  type Rate,
} from './rate.js';

/** What there may be within a minute. Unset: any number. */
export interface MinuteLimits {
  /** Requests. */
  readonly rpm?: number | undefined;
  /** Of these at once, after a rest. @default a tenth of `rpm`, and at least 10 */
  readonly burst?: number | undefined;
  /** Tokens. */
  readonly tpm?: number | undefined;
  /** Of these at once, after a rest. @default a tenth of `tpm` */
  readonly tokenBurst?: number | undefined;
}

/** A request that has begun. */
export interface Begun {
  readonly begunMs: number;
  /** What it was expected to take of the tokens. */
  readonly tokens: number;
  /** Of these, those of its prompt. */
  readonly prompt: number;
}

const MINUTE_MS = 60_000;

/** As a pace. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** How many tokens an answer has, before one has ended. */
const GUESSED_ANSWER = 500;
/** The weight of the last one in the means. */
const NEWEST = 0.2;

/** What the requests of a line take of its limits per minute: each is one, and has tokens, which are told when it has ended. */
export class MinuteUse {
  #requests: Rate = NOTHING_SENT;
  #tokens: Rate = NOTHING_SENT;
  /** The limits that have held since. */
  #limits: MinuteLimits = {};
  /** The limits of requests within the last minute. */
  #paces: readonly Pace[] = [];
  /** When it was heard last of a request that was not made. */
  #notMadeMs = -Infinity;
  #meanAnswer = GUESSED_ANSWER;
  /** Of a whole request; null: none has ended. */
  #meanTokens: number | null = null;

  /** What a request is expected to take of the tokens. */
  #tokensOf(expected: ExpectedTokens | undefined): number {
    if (expected === undefined) return 0;
    return expected.prompt + Math.min(expected.mostAnswer ?? Infinity, Math.round(this.#meanAnswer));
  }

  /** Requests of the last minute of which some went ahead of the pace; 0: they are paid for. */
  aheadInMinute(nowMs: number): number {
    const { unearned, sent } = caughtUp(this.#requests, this.#limits.rpm ?? 0, nowMs);
    return unearned > 1 + ROUNDING ? total(recentlySent(sent, nowMs).map(({ count }) => count)) : 0;
  }

  /** Tokens of the last minute. */
  tokensInMinute(nowMs: number): number {
    return total(recentlySent(this.#tokens.sent, nowMs).map(({ count }) => count));
  }

  /** When there is room for a request. @param isFirst - whether nobody waits: some may go at once */
  freeMs(limits: MinuteLimits, expected: ExpectedTokens | undefined, nowMs: number, isFirst: boolean): number {
    this.#goBy(limits, nowMs);
    const { rpm = 0, burst, tpm = 0, tokenBurst } = limits;
    const allowed = allowedInMinute(this.#paces, nowMs);
    const requests = isFirst ? { burst: burst ?? burstOf(rpm) } : { madeUp: allowed };
    const tokens = isFirst ? { burst: tokenBurst ?? burstOf(tpm) } : {};
    // What went ahead of the pace is paid for later, unless one that was not made has given that back. Where others wait, one
    // may go that had no part of the limit before.
    const isPaidFor = nowMs - this.#notMadeMs >= MINUTE_MS;
    const atOnce = isPaidFor ? (burst ?? 0) : 0;
    const most = isFirst ? allowed + atOnce : Math.max(allowed, Math.min(atOnce, 1));
    return Math.max(
      this.#requestMs(limits, nowMs, { ...requests, most }),
      this.#tokensMs(limits, nowMs, { ...tokens, cost: this.#tokensOf(expected) }),
    );
  }

  /** When there would be, if this line had the whole limits from now on. */
  foretoldMs(limits: MinuteLimits, whole: MinuteLimits, expected: ExpectedTokens | undefined, nowMs: number): number {
    this.#goBy(limits, nowMs);
    const cost = this.#tokensOf(expected);
    return Math.max(this.#requestMs(whole, nowMs), this.#tokensMs(whole, nowMs, { cost }));
  }

  #requestMs({ rpm }: MinuteLimits, nowMs: number, next?: Next): number {
    return rpm ? freeMs(this.#requests, rpm, nowMs, next) : nowMs;
  }

  #tokensMs({ tpm }: MinuteLimits, nowMs: number, next: Next): number {
    return tpm ? freeMs(this.#tokens, tpm, nowMs, next) : nowMs;
  }

  /** Limits become others where workers share them. */
  #goBy({ rpm, tpm }: MinuteLimits, nowMs: number): void {
    const before = this.#limits;
    if (before.rpm !== rpm) {
      this.#requests = caughtUp(this.#requests, before.rpm ?? 0, nowMs);
      const recent = this.#paces.filter((_, index) => (this.#paces[index + 1]?.sinceMs ?? nowMs) > nowMs - MINUTE_MS);
      this.#paces = [...recent, { sinceMs: nowMs, perMinute: rpm ?? UNLIMITED }];
    }
    if (before.tpm !== tpm) this.#tokens = caughtUp(this.#tokens, before.tpm ?? 0, nowMs);
    this.#limits = { rpm, tpm };
  }

  /** How long after another one a request goes, where many do. */
  gapMs({ rpm, tpm }: MinuteLimits, expected: ExpectedTokens | undefined): number {
    // Who is told too early comes once more; who is told too late has lost the time.
    const tokens = Math.max(1, this.#meanTokens ?? expected?.prompt ?? 0);
    return Math.max(rpm === undefined ? 0 : paceMs(rpm || 1), tpm === undefined ? 0 : tokens * paceMs(tpm || 1));
  }

  began({ rpm, tpm }: MinuteLimits, expected: ExpectedTokens | undefined, nowMs: number): Begun {
    const tokens = this.#tokensOf(expected);
    if (rpm !== undefined) this.#requests = withSent(this.#requests, rpm, nowMs);
    if (tpm !== undefined) this.#tokens = withSent(this.#tokens, tpm, nowMs, tokens);
    return { begunMs: nowMs, tokens, prompt: expected?.prompt ?? 0 };
  }

  /** A request has ended. @param used - null: the provider does not say, it stays at what was expected */
  ended({ tpm }: MinuteLimits, { tokens, begunMs, prompt }: Begun, used: number | null, nowMs: number): void {
    if (used === null) return;
    if (used > 0) {
      this.#meanAnswer += NEWEST * (Math.max(0, used - prompt) - this.#meanAnswer);
      this.#meanTokens = this.#meanTokens === null ? used : this.#meanTokens + NEWEST * (used - this.#meanTokens);
    }
    if (tpm === undefined) return;
    const isMore = used > tokens;
    this.#tokens = isMore
      ? withSent(this.#tokens, tpm, nowMs, used - tokens)
      : withoutSent(this.#tokens, begunMs, tokens - used);
  }

  /** A request was not made after all. */
  notMade({ rpm, tpm }: MinuteLimits, { tokens, begunMs }: Begun, nowMs: number): void {
    this.#notMadeMs = nowMs;
    if (rpm !== undefined) this.#requests = withoutSent(this.#requests, begunMs);
    if (tpm !== undefined) this.#tokens = withoutSent(this.#tokens, begunMs, tokens);
  }
}
