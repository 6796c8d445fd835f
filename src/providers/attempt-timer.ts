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
  const startClock = (scope: TimeoutCause['scope'], limitMs: number) =>
    setTimeout(
      () => {
        reached ??= { type: 'timeout', scope, limitMs };
        controller.abort();
      },
      Math.min(limitMs, LONGEST_TIMER_MS),
    );
  const whole = startClock(limit.scope, limit.limitMs);
  const firstContentMs = stream?.firstContentMs ?? null;
  const firstContent = firstContentMs === null ? undefined : startClock('first content', firstContentMs);
  let idle: NodeJS.Timeout | undefined;
  return {
    signal: controller.signal,
    get reached() {
      return reached;
    },
    heard: (hasContent) => {
      if (stream === null || (!hasContent && firstContent !== undefined)) return;
      clearTimeout(firstContent);
      idle = idle?.refresh() ?? startClock('idle', stream.idleMs);
    },
    stop: () => [whole, firstContent, idle].forEach((clock) => clearTimeout(clock)),
  };
}
