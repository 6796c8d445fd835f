import type { BudgetName } from './budget.js';
import { isoTime } from '../common/iso-time.js';
import type { ProviderHeaders } from '../common/provider-headers.js';
import type { PlaceInLine } from '../deployments/place-in-line.js';
import type { Failure } from '../errors/classify.js';
import type { Gate } from '../fallbacks/fallback-approval.js';
import { appendEntry, EMPTY_LEDGER, isLedger, type Ledger, type LedgerEntry } from '../ledger/ledger.js';

/** An attempt that is being made. */
export interface Attempt {
  readonly attempt: number;
  readonly deployment: string;
  readonly model: string;
  /** Who is asked, and where. @default not told, by workers of before */
  readonly provider?: string;
  readonly url?: string;
  /** ISO 8601 */
  readonly startedAt: string;
}

/** A failure, and what follows it. */
interface DecidedFailure {
  readonly failure: Failure;
  readonly action: 'retry' | 'standby' | 'give up';
  /** When the wait before the next attempt ends, ms since the epoch. */
  readonly untilMs: number;
}

/**
 * What a group has been through: the heartbeat details of its activity, so that it outlives every worker and shows in
 * the Temporal UI. Counters are kept beside the ledger, never derived from it: the ledger may be folded.
 */
export interface GroupProgress {
  readonly group: string;
  /** For people: what the group is doing now, and until when. */
  readonly now: string;
  readonly ledger: Ledger;
  /** The attempt in flight; what a successor knows of it when it gets lost. */
  readonly inFlight: Attempt | null;
  /** Attempts made in this group, lost ones included. */
  readonly attempts: number;
  /** Attempts of the activity that ended with a throw of ours, of any sort. */
  readonly ended: number;
  /** Attempts of the activity that were lost with their worker. */
  readonly lost: number;
  /** Retries made, which excludes standbys and what follows a lost attempt. */
  readonly retries: number;
  /** Retries made before an operator's reset: budgets are fresh, but the call has made them all the same. @default 0 */
  readonly retriesBeforeReset?: number;
  /** Failures counted per budget. */
  readonly failures: { readonly [name in BudgetName]?: number };
  /** Size of the budget that the last failure was counted on; null before any. */
  readonly lastBudgetSize: number | null;
  /** Ids of deployments that failed in this call. */
  readonly failedDeployments: readonly string[];
  /**
   * Deployments that asked this call to stay away, each with the time until then, ms since the epoch. @default none did
   */
  readonly askedToWait?: Readonly<Record<string, number>>;
  /** What was decided after the last failure; null while an attempt is made. A worker may be lost before it tells Temporal. */
  readonly decided: DecidedFailure | null;
  /** Since when no worker has known a deployment of the plan, ms since the epoch. @default a worker did */
  readonly unknownSinceMs?: number;
  /** What the attempt that comes next was put off for last, besides its back-off, in words. @default it was not */
  readonly deferredFor?: string;
  /** The gate before the group, at which its call waits: nothing was asked there yet. @default it is past that, or has none */
  readonly gate?: Gate;
  /** Its place in the line for a slot, while its turn has not come. @default it has none */
  readonly place?: PlaceInLine;
  /** The standby that the next attempt, or the one in flight, must ask; null: pick. */
  readonly standby: string | null;
  /** What the last response of a provider said of its limits and ids. @default none came */
  readonly providerHeaders?: ProviderHeaders;
}

/** Whether a value from a payload is a progress: Temporal puts texts of its own in the same places. */
export function isProgress(value: unknown): value is GroupProgress {
  return typeof value === 'object' && value !== null && 'ended' in value && 'ledger' in value && isLedger(value.ledger);
}

export function startProgress(group: string): GroupProgress {
  return {
    group,
    now: 'starting',
    ledger: EMPTY_LEDGER,
    inFlight: null,
    attempts: 0,
    ended: 0,
    lost: 0,
    retries: 0,
    failures: {},
    lastBudgetSize: null,
    failedDeployments: [],
    decided: null,
    standby: null,
  };
}

/** When the first attempt began, wherever that was made, ms since the epoch; null: there was none. */
export function begunMs(progress: GroupProgress | null | undefined): number | null {
  const begun = progress?.ledger.entries[0]?.startedAt;
  return begun === undefined ? null : Date.parse(begun);
}

/**
 * Brings the progress up to date with Temporal's attempt number: attempts that ended without a throw of ours were lost
 * with their worker and are charged to no budget; a number that went back is an operator's reset, which makes the
 * budgets fresh, the count of lost attempts included.
 */
export function reconcile(progress: GroupProgress, activityAttempt: number, nowMs: number): GroupProgress {
  // The first attempt of an activity finds another one in flight only after a reset, and that one was lost.
  const isFirstAgain = activityAttempt === 1 && progress.inFlight !== null;
  const wasReset = isFirstAgain || activityAttempt <= progress.ended + progress.lost;
  let updated = wasReset ? afterReset(progress, nowMs) : progress;
  const lost = activityAttempt - 1 - updated.ended;
  while (updated.lost < lost) updated = withLostAttempt(updated, nowMs);
  return updated;
}

/**
 * Attempts since the last word could not read what the activity is given, for their worker had not its key: they asked nobody,
 * and are neither charged nor lost. One that was in flight before them is.
 */
export function withUnread(progress: GroupProgress, activityAttempt: number, nowMs: number): GroupProgress {
  const known = withoutWorker(progress, nowMs);
  return { ...known, ended: Math.max(known.ended, activityAttempt - 1 - known.lost) };
}

function afterReset(progress: GroupProgress, nowMs: number): GroupProgress {
  const { group, attempts, ledger, lastBudgetSize } = withoutWorker(progress, nowMs);
  return {
    ...startProgress(group),
    attempts,
    retriesBeforeReset: retriesMade(progress),
    lastBudgetSize,
    ledger: appendEntry(ledger, {
      group,
      startedAt: isoTime(nowMs),
      outcome: 'note',
      message: 'the activity was reset by an operator: all budgets are fresh',
    }),
  };
}

/** All retries that the group has made. */
export function retriesMade({ retries, retriesBeforeReset = 0 }: GroupProgress): number {
  return retries + retriesBeforeReset;
}

/** An attempt was lost with the process that made it. */
export function withLostAttempt(progress: GroupProgress, nowMs: number): GroupProgress {
  const { inFlight, group } = progress;
  const attempts = inFlight === null ? progress.attempts + 1 : progress.attempts;
  const entry: LedgerEntry = {
    ...(inFlight ?? { attempt: attempts, startedAt: isoTime(nowMs) }),
    group,
    outcome: 'lost',
    message: 'the worker was lost during this attempt; charged to no budget',
  };
  return {
    ...progress,
    attempts,
    lost: progress.lost + 1,
    inFlight: null,
    ledger: appendEntry(progress.ledger, entry),
  };
}

/** What the first attempt left, for an activity that counts its own attempts from one. */
export function forAnotherActivity(progress: GroupProgress): GroupProgress {
  return { ...progress, ended: 0, lost: 0 };
}

/** Ends what Temporal ended without a worker's word: an attempt that was in flight is lost. */
export function withoutWorker(progress: GroupProgress, nowMs: number): GroupProgress {
  return progress.inFlight === null ? progress : withLostAttempt(progress, nowMs);
}
