import { mostBackoffMs } from '../retries/backoff.js';
import { budgetFor, type Budget, type BudgetName, type NoBudget } from '../retries/budget.js';
import type { GroupPlan } from '../plan/call-plan.js';
import { explainDeployment, type ExplainedDeployment } from './explain-deployment.js';
import type { ExplainedTargets } from './explain-hops.js';
import type { OperationalSettings } from '../deployments/operational.js';
import { ERROR_KIND_NAMES, ERROR_KINDS, type ErrorKind } from '../errors/error-kinds.js';
import { standbysOf } from '../deployments/pick-deployment.js';
import type { ResolvedGroup } from '../plan/resolve-settings.js';
import type { DeploymentPlan, FallbackEntry, RoutingConfig } from '../plan/settings.js';

/** What is told of a config: no connection, no secret. */
export interface ExplainableConfig {
  readonly routing: RoutingConfig;
  readonly operational: OperationalSettings;
}

/** A group as a call meets it, with what the fallback entry that leads to it changes. */
export interface ExplainedGroup {
  readonly group: string;
  /** How the call gets here. */
  readonly reachedBy: readonly string[];
  /** Fields of the request that the fallback entry replaces. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly deployments: readonly ExplainedDeployment[];
  /** Ids, in the order in which they are asked before the group gives up. */
  readonly standbys: readonly string[];
  readonly settings: Pick<
    ResolvedGroup,
    'streamIdleTimeoutMs' | 'retryAfterMs' | 'maxRetryDelayMs' | 'maxLostAttempts' | 'totalMs'
  >;
  /** The longest back-off of retry 1, 2, 3…; the last one holds for all that follow. */
  readonly mostBackoffMs: readonly number[];
  readonly budgets: readonly ExplainedBudget[];
  /** What each list names for this group, for calls whose groups end with different errors. */
  readonly next: ExplainedTargets;
}

/** How often an error kind is retried in a group, when one of these deployments failed with it. */
export interface ExplainedBudget {
  readonly kind: ErrorKind;
  /** Of errors that the provider wants no retry for: `x-should-retry: false`, a used-up quota. Only where it differs. */
  readonly providerRefusesRetry: boolean;
  readonly deployments: readonly string[];
  /** What the failures are counted on; null: not retried. */
  readonly budget: BudgetName | null;
  readonly retries: number;
  /** Retried only on a deployment that has not failed in the call. */
  readonly moveOnly: boolean;
  /** Whether standbys that were not asked yet are, before the group gives up. */
  readonly meetsStandbys: boolean;
  readonly source: string;
}

/** Kinds that attempts end with. */
const KINDS = ERROR_KIND_NAMES.filter((kind) => ERROR_KINDS[kind].fallsBack && kind !== 'AttemptsLostError');

/** A group as its call runs it, the sources of its settings, and how the call gets there and on. */
interface GroupToExplain {
  readonly plan: GroupPlan;
  readonly resolved: ResolvedGroup;
  readonly entry: FallbackEntry;
  readonly reachedBy: readonly string[];
  readonly next: ExplainedTargets;
}

export function explainGroup(
  { plan, resolved, entry, reachedBy, next }: GroupToExplain,
  operational: OperationalSettings,
): ExplainedGroup {
  const { streamIdleTimeoutMs, retryAfterMs, maxRetryDelayMs, maxLostAttempts, totalMs } = resolved;
  return {
    group: plan.group,
    reachedBy,
    body: entry.body ?? {},
    deployments: plan.deployments.map((deployment) => explainDeployment(deployment, plan, resolved, operational)),
    standbys: standbysOf(plan.deployments).map(({ id }) => id),
    settings: { streamIdleTimeoutMs, retryAfterMs, maxRetryDelayMs, maxLostAttempts, totalMs },
    mostBackoffMs: backoffs(plan.maxRetryDelayMs),
    budgets: KINDS.flatMap((kind) => explainBudgets(kind, plan, resolved)),
    next,
  };
}

function backoffs(maxRetryDelayMs: number): number[] {
  const most: number[] = [];
  do most.push(mostBackoffMs(most.length + 1, maxRetryDelayMs));
  while (most.at(-1) !== maxRetryDelayMs);
  return most;
}

/** One row a kind; more where deployments set different `num_retries`, or the provider's word makes a difference. */
function explainBudgets(kind: ErrorKind, plan: GroupPlan, resolved: ResolvedGroup): ExplainedBudget[] {
  const rows = new Map<string, Omit<ExplainedBudget, 'source'> & { deployments: string[]; sources: Set<string> }>();
  const add = (providerRefusesRetry: boolean, deployment: DeploymentPlan, budget: Budget | NoBudget): void => {
    const { size, moveOnly } = budget.name === null ? { size: 0, moveOnly: false } : budget;
    const key = `${providerRefusesRetry} ${size}`;
    const row = rows.get(key) ?? {
      kind,
      providerRefusesRetry,
      deployments: [],
      budget: budget.name,
      retries: size,
      moveOnly,
      meetsStandbys: ERROR_KINDS[kind].mayMove,
      sources: new Set<string>(),
    };
    rows.set(key, row);
    row.deployments.push(deployment.id);
    row.sources.add(sourceOf(budget, resolved, deployment));
  };
  for (const deployment of plan.deployments) {
    const budget = budgetFor({ kind, notRetriedByDefault: null }, plan, deployment);
    const refused = budgetFor({ kind, notRetriedByDefault: 'the provider says so' }, plan, deployment);
    add(false, deployment, budget);
    if (refused.name !== budget.name || isMoveOnly(refused) !== isMoveOnly(budget)) add(true, deployment, refused);
  }
  return [...rows.values()].map(({ sources, ...row }) => ({ ...row, source: [...sources].join(', ') }));
}

function isMoveOnly(budget: Budget | NoBudget): boolean {
  return budget.name !== null && budget.moveOnly;
}

function sourceOf(budget: Budget | NoBudget, resolved: ResolvedGroup, { id, numRetries }: DeploymentPlan): string {
  if (budget.name === null) return budget.reason;
  const ofPolicy = budget.name === 'num_retries' ? undefined : resolved.retryPolicy[budget.name];
  if (ofPolicy !== undefined) return ofPolicy.source;
  if (resolved.requestNumRetries.value !== null) return resolved.requestNumRetries.source;
  return numRetries === undefined ? resolved.numRetries.source : `num_retries of deployment ${id}`;
}
