import { total } from '../common/total.js';
import type { ExpectedTokens } from './expected-tokens.js';
import { burstOf, freeMs, NOTHING_SENT, paceMs, recentlySent, withoutSent, withSent, type Rate } from './rate.js';

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

/** How many tokens an answer has, before one has ended. */
const GUESSED_ANSWER = 500;
/** The weight of the last one in the means. */
const NEWEST = 0.2;

/** What the requests of a line take of its limits per minute: each is one, and has tokens, which are told when it has ended. */
export class MinuteUse {
  #requests: Rate = NOTHING_SENT;
  #tokens: Rate = NOTHING_SENT;
  #meanAnswer = GUESSED_ANSWER;
  /** Of a whole request; null: none has ended. */
  #meanTokens: number | null = null;

  /** What a request is expected to take of the tokens. */
  #tokensOf(expected: ExpectedTokens | undefined): number {
    if (expected === undefined) return 0;
    return expected.prompt + Math.min(expected.mostAnswer ?? Infinity, Math.round(this.#meanAnswer));
  }

  /** Tokens of the last minute. */
  tokensInMinute(nowMs: number): number {
    return total(recentlySent(this.#tokens.sent, nowMs).map(({ count }) => count));
  }

  /** When there is room for a request. @param isFirst - whether nobody waits: some may go at once */
  freeMs(limits: MinuteLimits, expected: ExpectedTokens | undefined, nowMs: number, isFirst = false): number {
    const { rpm, burst, tpm, tokenBurst } = limits;
    const cost = this.#tokensOf(expected);
    const ofRpm = isFirst ? { burst: burst ?? burstOf(rpm ?? 0) } : {};
    const ofTpm = isFirst ? { cost, burst: tokenBurst ?? burstOf(tpm ?? 0) } : { cost };
    return Math.max(
      rpm ? freeMs(this.#requests, rpm, nowMs, ofRpm) : nowMs,
      tpm ? freeMs(this.#tokens, tpm, nowMs, ofTpm) : nowMs,
    );
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
  notMade({ rpm, tpm }: MinuteLimits, { tokens, begunMs }: Begun): void {
    if (rpm !== undefined) this.#requests = withoutSent(this.#requests, begunMs);
    if (tpm !== undefined) this.#tokens = withoutSent(this.#tokens, begunMs, tokens);
  }
}
