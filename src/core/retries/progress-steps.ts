import type { ProviderHeaders } from '../common/provider-headers.js';
import type { Failure } from '../errors/classify.js';
import type { Decided } from './decide.js';
import type { Tokens } from '../errors/failure-facts.js';
import { appendEntry, type AttemptOutcome, type LedgerEntry, type NextStep } from '../ledger/ledger.js';
import { isoTime } from '../common/iso-time.js';
import { forAnotherActivity, type Attempt, type GroupProgress } from './progress.js';
import type { DeploymentPlan } from '../plan/settings.js';

/** A deployment is passed over, as if it had failed. */
export function withPassedOver(progress: GroupProgress, id: string, why: string, nowMs: number): GroupProgress {
  return {
    ...progress,
    failedDeployments: [...progress.failedDeployments, id],
    standby: null,
    ledger: appendEntry(progress.ledger, {
      group: progress.group,
      deployment: id,
      startedAt: isoTime(nowMs),
      outcome: 'note',
      message: `passed over: ${why}`,
    }),
  };
}

/** A worker knows none of the deployments of the plan: noted once, however many find that. */
export function withUnknownDeployments(progress: GroupProgress, nowMs: number): GroupProgress {
  if (progress.unknownSinceMs !== undefined) return progress;
  const message =
    'a worker knew none of the deployments that the group was planned with: put back for one that does, for up to 5 minutes; ' +
    'charged to no budget';
  return { ...withNote(progress, message, nowMs), unknownSinceMs: nowMs };
}

/** All deployments are held: noted once for each hold. */
export function withHold(progress: GroupProgress, text: string, nowMs: number): GroupProgress {
  const message = `${text}; charged to no budget`;
  const isNoted = progress.ledger.entries.some((entry) => entry.outcome === 'note' && entry.message === message);
  return isNoted ? progress : withNote(progress, message, nowMs);
}

/** Deployments of the worker's own config stand in for those of the plan. */
export function withStandIns(progress: GroupProgress, nowMs: number): GroupProgress {
  const message = "no worker knew them: the worker's own deployments of the group stand in";
  const last = progress.ledger.entries.findLast(({ outcome }) => outcome === 'note');
  return last?.message === message ? progress : withNote(progress, message, nowMs);
}

/** An entry without an attempt. */
export function withNote(progress: GroupProgress, message: string, nowMs: number): GroupProgress {
  const note: LedgerEntry = { group: progress.group, startedAt: isoTime(nowMs), outcome: 'note', message };
  return { ...progress, ledger: appendEntry(progress.ledger, note) };
}

/** An attempt begins. */
export function withAttempt(
  progress: GroupProgress,
  deployment: DeploymentPlan,
  nowMs: number,
  endpoint: Pick<Attempt, 'provider' | 'url'> = {},
): GroupProgress {
  const attempt = progress.attempts + 1;
  const { id, model } = deployment;
  const { place: _, deferredFor: __, ...before } = progress;
  return {
    ...before,
    now: `attempt ${attempt} on ${id} since ${isoTime(nowMs)}`,
    inFlight: { attempt, deployment: id, model, ...endpoint, startedAt: isoTime(nowMs) },
    attempts: attempt,
    decided: null,
  };
}

/** The attempt in flight failed, and this was decided. */
export function withFailure(
  progress: GroupProgress,
  failure: Failure,
  { decision, budget }: Decided,
  nowMs: number,
): GroupProgress {
  const next = nextStep(decision, nowMs);
  const entry: LedgerEntry = {
    ...endOfAttempt(progress, 'failed', failure.tokens, nowMs),
    kind: failure.kind,
    status: failure.status,
    message: failure.message,
    ...(failure.requestId === null ? {} : { requestId: failure.requestId }),
    next,
  };
  const failed = progress.inFlight?.deployment;
  return {
    ...progress,
    now: describeNext(failure, next),
    inFlight: null,
    ended: progress.ended + 1,
    retries: progress.retries + (decision.action === 'retry' ? 1 : 0),
    failures:
      budget === null
        ? progress.failures
        : { ...progress.failures, [budget.name]: (progress.failures[budget.name] ?? 0) + 1 },
    lastBudgetSize: budget?.size ?? progress.lastBudgetSize,
    failedDeployments:
      failed === undefined || progress.failedDeployments.includes(failed)
        ? progress.failedDeployments
        : [...progress.failedDeployments, failed],
    ...(failed !== undefined &&
      failure.retryAfterMs !== null && {
        askedToWait: { ...progress.askedToWait, [failed]: nowMs + failure.retryAfterMs },
      }),
    decided: { failure, action: decision.action, untilMs: nowMs + (decision.action === 'retry' ? decision.waitMs : 0) },
    standby: decision.action === 'standby' ? decision.deployment : null,
    ledger: appendEntry(progress.ledger, entry),
  };
}

/** A provider responded, with these headers. */
export function withProviderHeaders(progress: GroupProgress, headers: ProviderHeaders | undefined): GroupProgress {
  return headers === undefined ? progress : { ...progress, providerHeaders: headers };
}

/** The attempt in flight answered. */
export function withAnswer(
  progress: GroupProgress,
  answer: { status: number; requestId: string | null; tokens: Tokens | null },
  nowMs: number,
): GroupProgress {
  const entry: LedgerEntry = {
    ...endOfAttempt(progress, 'answered', answer.tokens, nowMs),
    status: answer.status,
    ...(answer.requestId === null ? {} : { requestId: answer.requestId }),
  };
  return { ...progress, now: 'answered', inFlight: null, ledger: appendEntry(progress.ledger, entry) };
}

/**
 * The attempt in flight was stopped by us (shutdown, pause, cancel): neither charged nor counted as lost. One that waited for
 * its turn is noted only: nobody was asked, and it is none of the call's attempts.
 */
export function withInterruption(
  progress: GroupProgress,
  why: string,
  nowMs: number,
  tokens: Tokens | null,
): GroupProgress {
  const ended = { ...progress, now: `interrupted: ${why}`, inFlight: null, ended: progress.ended + 1 };
  if (progress.inFlight === null) {
    return withNote(ended, `${why} before a provider was asked; charged to no budget`, nowMs);
  }
  const entry: LedgerEntry = {
    ...endOfAttempt(progress, 'interrupted', tokens, nowMs),
    message: `${why}; charged to no budget`,
  };
  return { ...ended, ledger: appendEntry(progress.ledger, entry) };
}

/**
 * What the first attempt of an activity finds of one that was made before it. One that was in flight was to go on in the
 * activity, and was stopped, since another process has it.
 */
export function takenOver(first: GroupProgress, nowMs: number): GroupProgress {
  if (first.inFlight === null) return first;
  return forAnotherActivity(withInterruption(first, 'its activity went to another process', nowMs, null));
}

/** An attempt came before it could be made: it is put off, charged to nothing. */
export function withDeferral(
  progress: GroupProgress,
  why: string,
  untilMs: number,
  place = progress.place,
): GroupProgress {
  const now = `waits until ${isoTime(untilMs)}: ${why}`;
  return { ...progress, now, ended: progress.ended + 1, ...(place && { place }) };
}

/** The group gave up without an attempt. */
export function withGiveUp(progress: GroupProgress, failure: Failure, reason: string, nowMs: number): GroupProgress {
  const entry: LedgerEntry = {
    group: progress.group,
    startedAt: isoTime(nowMs),
    outcome: 'note',
    kind: failure.kind,
    status: failure.status,
    message: failure.message,
    next: { action: 'give up', reason },
  };
  return {
    ...progress,
    now: `gave up: ${reason}`,
    ended: progress.ended + 1,
    decided: { failure, action: 'give up', untilMs: nowMs },
    ledger: appendEntry(progress.ledger, entry),
  };
}

function endOfAttempt(
  { group, inFlight }: GroupProgress,
  outcome: AttemptOutcome,
  tokens: Tokens | null,
  nowMs: number,
): LedgerEntry {
  const startedAt = inFlight?.startedAt ?? isoTime(nowMs);
  return {
    ...inFlight,
    group,
    startedAt,
    durationMs: Math.max(0, nowMs - Date.parse(startedAt)),
    outcome,
    ...(tokens === null ? {} : { tokens }),
  };
}

/** A decision as the ledger has it. */
export function nextStep(decision: Decided['decision'], nowMs: number): NextStep {
  const { action, reason } = decision;
  return action === 'retry'
    ? { action, reason, waitMs: decision.waitMs, until: isoTime(nowMs + decision.waitMs) }
    : { action, reason };
}

function describeNext({ kind, status }: Failure, { action, reason, until }: NextStep): string {
  const error = `${kind} (${status})`;
  return action === 'retry' ? `${error}: next attempt at ${until}; ${reason}` : `${error}: ${action}; ${reason}`;
}
