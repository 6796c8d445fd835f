import type { AttemptLimit, StreamLimits } from '../core/retries/deadline.js';
import type { FailureCause } from '../core/errors/failure-facts.js';

type TimeoutCause = Extract<FailureCause, { type: 'timeout' }>;

/** Ends an attempt that takes too long. */
export interface AttemptTimer {
  /** Aborted when a limit was reached. */
  readonly signal: AbortSignal;
  /** The limit that was reached first; null: none so far. */
  readonly reached: TimeoutCause | null;
  /** A piece of the stream came. */
  heard(hasContent: boolean): void;
  /** Waits for something of ours: the time of that is not the provider's. */
  readonly hold: (wait: Promise<void>) => Promise<void>;
  stop(): void;
}

/** Node's timers hold no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Starts the clocks of an attempt: one for all of it, and one for the silence of a stream. Until the first content
 * `stream_timeout` holds where it is set; everywhere else a stream that has begun may not be silent for longer than
 * `stream_idle_timeout`.
 */
export function startAttemptTimer(limit: AttemptLimit, stream: StreamLimits | null): AttemptTimer {
  const controller = new AbortController();
  let reached: TimeoutCause | null = null;
  let heldMs = 0;
  let heldSinceMs: number | null = null;
  const held = () => heldMs + (heldSinceMs === null ? 0 : performance.now() - heldSinceMs);
  const startClock = (scope: TimeoutCause['scope'], limitMs: number) =>
    new AttemptClock(limitMs, held, () => {
      reached ??= { type: 'timeout', scope, limitMs };
      controller.abort();
    });
  const whole = startClock(limit.scope, limit.limitMs);
  const firstContentMs = stream?.firstContentMs ?? null;
  const firstContent = firstContentMs === null ? undefined : startClock('first content', firstContentMs);
  let idle: AttemptClock | undefined;
  return {
    signal: controller.signal,
    get reached() {
      return reached;
    },
    heard: (hasContent) => {
      if (stream === null || (!hasContent && firstContent !== undefined)) return;
      firstContent?.stop();
      idle?.start();
      idle ??= startClock('idle', stream.idleMs);
    },
    hold: async (wait) => {
      heldSinceMs = performance.now();
      try {
        await wait;
      } finally {
        heldMs = held();
        heldSinceMs = null;
      }
    },
    stop: () => [whole, firstContent, idle].forEach((clock) => clock?.stop()),
  };
}

/** Fires after a time, in which what was held does not count. */
class AttemptClock {
  readonly #limitMs: number;
  readonly #held: () => number;
  readonly #fire: () => void;
  #timer: NodeJS.Timeout | undefined;
  #heldMs = 0;
  #isWhole = false;

  constructor(limitMs: number, held: () => number, fire: () => void) {
    this.#limitMs = Math.min(limitMs, LONGEST_TIMER_MS);
    this.#held = held;
    this.#fire = fire;
    this.start();
  }

  /** From now on, again. */
  start(): void {
    if (this.#isWhole && this.#heldMs === this.#held()) this.#timer?.refresh();
    else this.#wait(this.#limitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    this.stop();
    this.#heldMs = this.#held();
    this.#isWhole = ms === this.#limitMs;
    this.#timer = setTimeout(() => {
      const moreMs = this.#held() - this.#heldMs;
      if (moreMs > 0) this.#wait(moreMs);
      else this.#fire();
    }, ms);
  }
}
