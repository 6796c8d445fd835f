import type { ExplainedDeployment } from '../../../src/core/explain/explain-deployment.js';
import type { ExplainedBudget, ExplainedGroup } from '../../../src/core/explain/explain-group.js';
import type { AttemptFacts } from './attempt-facts.js';
import type { NextStep } from '../../../src/core/ledger/ledger.js';
import { atLeast, exactly, NO_WAIT, shown, type Span } from './span.js';
import type { ExplainedCooldowns } from './explained-cooldowns.js';

/** A step that may follow a failure. */
export type Step =
  | { readonly action: 'retry'; readonly waitMs: Span }
  | { readonly action: 'standby'; readonly deployment: string }
  | { readonly action: 'give up' };

/** What a group has been through. */
export interface GroupState {
  readonly attempts: number;
  readonly retries: number;
  /** Failures by budget. */
  readonly failures: Readonly<Record<string, number>>;
  /** Ids of deployments that failed. */
  readonly failed: readonly string[];
  /** The standby that is to be asked now. */
  readonly standby: string | null;
}

export const FRESH: GroupState = { attempts: 0, retries: 0, failures: {}, failed: [], standby: null };

export interface FailedAttempt {
  readonly kind: string;
  readonly deployment: ExplainedDeployment;
  readonly facts: AttemptFacts;
  readonly deadlineReached: boolean;
  readonly endedMs: number;
}

/** What a step depends on beside the group. */
export interface ModuleContext {
  readonly cooldowns: ExplainedCooldowns;
  /** When the group must be done; null: never. */
  readonly deadlineMs: Span | null;
  /** Whether another group could be asked. */
  readonly canFallBack: boolean;
  /** Retries left to the call; null: not capped. */
  readonly retriesLeft: number | null;
}

/** The budget that a failure is counted on; one that the provider wants no retry for has a row of its own, or none. */
function budgetOf({ budgets }: ExplainedGroup, failure: FailedAttempt): ExplainedBudget | undefined {
  const { kind, deployment, facts } = failure;
  const rows = budgets.filter((row) => row.kind === kind && row.deployments.includes(deployment.id));
  const ownRow = rows.find(({ providerRefusesRetry }) => providerRefusesRetry);
  return facts.providerRefusesRetry && ownRow !== undefined
    ? ownRow
    : rows.find(({ providerRefusesRetry }) => !providerRefusesRetry);
}

/** The group after a failure and the step that followed it. */
export function withFailure(group: ExplainedGroup, state: GroupState, failure: FailedAttempt, step: Step): GroupState {
  const budget = budgetOf(group, failure)?.budget ?? null;
  const { failures } = state;
  return {
    ...state,
    retries: state.retries + (step.action === 'retry' ? 1 : 0),
    failures: budget === null ? failures : { ...failures, [budget]: (failures[budget] ?? 0) + 1 },
    failed: [...state.failed, failure.deployment.id],
    standby: step.action === 'standby' ? step.deployment : null,
  };
}

/** Whether a step of a ledger is this one; a ledger does not name the standby, its next attempt does. */
export function isStep(step: Step, next: NextStep | undefined): boolean {
  if (step.action !== next?.action) return false;
  // Whole milliseconds, of bounds that may be none.
  const { waitMs = 0 } = next;
  return step.action !== 'retry' || (waitMs >= step.waitMs[0] - 1 && waitMs <= step.waitMs[1] + 1);
}

export function stepText(step: Step): string {
  switch (step.action) {
    case 'retry':
      return `a retry in ${shown(step.waitMs)}`;
    case 'standby':
      return `the standby ${step.deployment}`;
    case 'give up':
      return 'the group gives up';
  }
}

/** Ids of the deployments that the next attempt may ask: the lowest order of those that are best off. */
export function allowedPicks(
  { deployments }: ExplainedGroup,
  { failed, standby }: GroupState,
  cooldowns: ExplainedCooldowns,
  atMs: number,
): Set<string> {
  if (standby !== null) return new Set([standby]);
  const picks = [true, false].flatMap((inDoubt) => {
    const usable = deployments.filter(({ id }) => !(cooldowns.cools(id, atMs) ?? inDoubt));
    const fresh = usable.filter(({ id }) => !failed.includes(id));
    const best = [fresh, usable, deployments].find((stage) => stage.length > 0) ?? [];
    const lowest = Math.min(...best.map(({ order }) => order));
    return best.filter(({ order }) => order === lowest).map(({ id }) => id);
  });
  return new Set(picks);
}

/** The steps that may follow: more than one where nobody can tell what cools, or whether a deadline has come. */
export function allowedSteps(
  group: ExplainedGroup,
  state: GroupState,
  failure: FailedAttempt,
  around: ModuleContext,
): Step[] {
  return [true, false].flatMap((inDoubt) => new Decision(group, state, failure, around, inDoubt).steps());
}

const GIVE_UP: Step = { action: 'give up' };

/** A Retry-After is lengthened by up to a tenth, at most 5 s. */
const SPREAD_SHARE = 0.1;
const SPREAD_MS = 5000;

class Decision {
  private readonly group: ExplainedGroup;
  private readonly state: GroupState;
  private readonly failure: FailedAttempt;
  private readonly around: ModuleContext;
  /** Whether deployments of which nobody can tell are taken to cool. */
  private readonly inDoubt: boolean;
  private readonly untried: readonly ExplainedDeployment[];

  constructor(
    group: ExplainedGroup,
    state: GroupState,
    failure: FailedAttempt,
    around: ModuleContext,
    inDoubt: boolean,
  ) {
    this.group = group;
    this.state = state;
    this.failure = failure;
    this.around = around;
    this.inDoubt = inDoubt;
    const failed = [...state.failed, failure.deployment.id];
    this.untried = group.deployments.filter(({ id }) => !failed.includes(id));
  }

  steps(): Step[] {
    const { deadlineReached, facts } = this.failure;
    const { retriesLeft, canFallBack, cooldowns } = this.around;
    const budget = budgetOf(this.group, this.failure);
    if (deadlineReached || facts.contentRead) return [GIVE_UP];
    if (budget === undefined || budget.budget === null) return this.giveUp();
    const failures = (this.state.failures[budget.budget] ?? 0) + 1;
    if (failures > budget.retries || (retriesLeft !== null && retriesLeft <= 0)) return this.giveUp();
    if (budget.moveOnly && this.untried.length === 0) return this.giveUp();

    const atOnce = this.fresh().length > 0 && this.group.settings.retryAfterMs.value === 0;
    const [asked = null] = facts.retryAfterMs ?? [];
    if (!atOnce && canFallBack && asked !== null && asked > this.group.settings.maxRetryDelayMs.value) {
      return this.giveUp();
    }
    const wait = atOnce ? NO_WAIT : this.wait();
    const asking = (budget.moveOnly ? this.untried : this.group.deployments).map(({ id }) => id);
    const [backLeast, backMost] = cooldowns.firstBack(asking);
    const back: Span = [backLeast - this.failure.endedMs, backMost - this.failure.endedMs];
    // No doubt here: it cools when the wait is over.
    if (back[0] > wait[1]) return canFallBack ? this.giveUp() : this.inTime(back);
    if (back[1] <= wait[0]) return this.inTime(wait);
    return canFallBack ? [...this.inTime(wait), ...this.giveUp()] : this.inTime(atLeast(wait, back));
  }

  private wait(): Span {
    const { mostBackoffMs, settings } = this.group;
    const asked = this.failure.facts.retryAfterMs;
    const backoff: Span = [0, mostBackoffMs[this.state.retries] ?? mostBackoffMs.at(-1) ?? 0];
    const spread = (ms: number) => Math.ceil(ms + Math.min(ms * SPREAD_SHARE, SPREAD_MS));
    const wait: Span = asked === null ? backoff : [asked[0], spread(asked[1])];
    return atLeast(wait, exactly(settings.retryAfterMs.value));
  }

  /** A wait that would pass the deadline is not begun. */
  private inTime(waitMs: Span): Step[] {
    const { deadlineMs } = this.around;
    if (deadlineMs === null) return [{ action: 'retry', waitMs }];
    const left: Span = [deadlineMs[0] - this.failure.endedMs, deadlineMs[1] - this.failure.endedMs];
    return [
      ...(waitMs[0] < left[1] ? [{ action: 'retry', waitMs: [waitMs[0], Math.min(waitMs[1], left[1])] } as const] : []),
      ...(waitMs[1] >= left[0] ? this.giveUp() : []),
    ];
  }

  /** Standbys come first, for errors that may be another's luck. */
  private giveUp(): Step[] {
    const { standbys, budgets } = this.group;
    const meets = budgets.some(({ kind, meetsStandbys }) => kind === this.failure.kind && meetsStandbys);
    const fresh = this.fresh().map(({ id }) => id);
    const standby = standbys.find((id) => fresh.includes(id));
    if (!meets || standby === undefined) return [GIVE_UP];
    const { deadlineMs } = this.around;
    const ask: Step = { action: 'standby', deployment: standby };
    return [
      ...(deadlineMs === null || this.failure.endedMs < deadlineMs[1] ? [ask] : []),
      ...(deadlineMs !== null && this.failure.endedMs >= deadlineMs[0] ? [GIVE_UP] : []),
    ];
  }

  private fresh(): ExplainedDeployment[] {
    const { cooldowns } = this.around;
    return this.untried.filter(({ id }) => !(cooldowns.cools(id, this.failure.endedMs) ?? this.inDoubt));
  }
}
