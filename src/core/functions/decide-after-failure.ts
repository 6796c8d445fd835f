import type { Failure } from '../errors/classify.js';
import { decide } from '../retries/decide.js';
import { ownFailure } from '../errors/own-failure.js';
import { startProgress, type GroupProgress } from '../retries/progress.js';
import { withFailure } from '../retries/progress-steps.js';
import { knownKind, ONE_DEPLOYMENT, planOfSettings, type RetrySettings } from './retries-for.js';

/** What the failures so far have used up. Plain JSON. */
export type RetryState = Pick<GroupProgress, 'retries' | 'failures'>;

/** Before any failure. */
export const NO_FAILURES: RetryState = { retries: 0, failures: {} };

export interface AfterFailureInput {
  /** What failed: from `classify` or `classifyHttpError`, or an error kind with whatever else is known. */
  readonly failure: Pick<Failure, 'kind'> & Partial<Failure>;
  readonly settings: RetrySettings;
  /** What the decision before this one returned; `NO_FAILURES` at first. */
  readonly state: RetryState;
  /** Whether there is somebody else to ask: then a wait longer than `max_retry_delay` is not begun. @default false */
  readonly canFallBack?: boolean | undefined;
  /** When all must be done, ms since the epoch: a wait until after it is not begun. @default never */
  readonly deadlineMs?: number | undefined;
  /** Ms since the epoch: `Date.now()`. */
  readonly nowMs: number;
  /** Uniform in [0, 1): `Math.random`. */
  readonly random: () => number;
}

/** What to do after a failure, why, and what to give to the next decision. */
export type AfterFailure =
  | { readonly action: 'retry'; readonly waitMs: number; readonly reason: string; readonly state: RetryState }
  | { readonly action: 'give up'; readonly reason: string; readonly state: RetryState };

/**
 * Decides after a failure as a model group with one deployment does: whether to try again, and how long to wait before.
 * Each policy field has a budget of its own, and the current error decides, never the first one.
 * @throws TypeError when there is no such error kind
 */
export function decideAfterFailure(input: AfterFailureInput): AfterFailure {
  const { settings, state, canFallBack = false, deadlineMs = null, nowMs, random } = input;
  const failure: Failure = { ...ownFailure(knownKind(input.failure.kind), ''), ...input.failure };
  const plan = planOfSettings(settings);
  const progress = { ...startProgress(plan.group), ...state };
  const decided = decide({
    failure,
    deployment: ONE_DEPLOYMENT,
    plan,
    progress,
    cooling: new Map(),
    walk: {
      fallbacks: canFallBack,
      contextWindow: canFallBack,
      contentPolicy: canFallBack,
      blockedAnswerFails: canFallBack,
    },
    deadlineMs,
    retriesLeftInCall: null,
    nowMs,
    random,
  });
  const { retries, failures } = withFailure(progress, failure, decided, nowMs);
  const { decision } = decided;
  const { reason } = decision;
  return decision.action === 'retry'
    ? { action: 'retry', waitMs: decision.waitMs, reason, state: { retries, failures } }
    : { action: 'give up', reason, state: { retries, failures } };
}
