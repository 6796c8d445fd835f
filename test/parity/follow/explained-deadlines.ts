import type { Explanation } from '../../../src/core/explain/explain.js';
import type { ExplainedGroup } from '../../../src/core/explain/explain-group.js';
import { exactly, later, type Span } from './span.js';

/** When the call must be done, where it was begun within a span; null: never. */
export function callDeadline({ call }: Explanation, beganMs: Span): Span | null {
  return call.timeoutMs.value === null ? null : later(beganMs, exactly(call.timeoutMs.value));
}

/** When a group must be done; null: never. */
export interface GroupDeadline {
  readonly deadlineMs: Span | null;
  /** Whether the call must be done then, too; null: nobody can tell. */
  readonly isOfCall: boolean | null;
}

/** Of a group that began within a span. While others may follow, a share of what is left of the call is kept for them. */
export function groupDeadline(
  { call }: Explanation,
  { settings }: ExplainedGroup,
  { beganMs, callMs, canFallBack }: { beganMs: Span; callMs: Span | null; canFallBack: boolean },
): GroupDeadline {
  const share = canFallBack ? 1 - call.fallbackReserve.value : 1;
  const shareOf = (now: number, end: number) => now + Math.max(0, end - now) * share;
  const shared: Span | null = callMs && [shareOf(beganMs[0], callMs[0]), shareOf(beganMs[1], callMs[1])];
  const own = settings.totalMs.value === null ? null : later(beganMs, exactly(settings.totalMs.value));
  if (own === null || shared === null) return { deadlineMs: own ?? shared, isOfCall: own === null && share === 1 };
  const isOfCall = share < 1 || own[1] < shared[0] ? false : own[0] > shared[1] ? true : null;
  return { deadlineMs: [Math.min(own[0], shared[0]), Math.min(own[1], shared[1])], isOfCall };
}
