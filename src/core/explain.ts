import { budgetFor } from './budget.js';
import type { CallPlan, GroupPlan } from './call-plan.js';
import { ERROR_KIND_NAMES, ERROR_KINDS, type ErrorKind, type PolicyField } from './error-kinds.js';
import { groupOf, nextGroup, startWalk } from './fallback-walk.js';
import { planForEntry, planGroup, resolveCall, resolveGroup, resolvePlan, type ResolvedGroup } from './resolve-plan.js';
import type { DeploymentPlan, FallbackEntry, RequestSettings, RoutingConfig } from './settings.js';
import type { Sourced } from './sourced.js';

/** What would happen to a call: every group of the chain with its effective policy, each value with its source. */
export interface Explanation {
  requested: string;
  configHash: string;
  call: ExplainedValue[];
  groups: ExplainedGroup[];
}

export interface ExplainedValue {
  name: string;
  /** Null: not set, no limit. */
  value: number | null;
  source: string;
}

export interface ExplainedGroup {
  group: string;
  /** How the call gets here. */
  reachedBy: string;
  deployments: readonly DeploymentPlan[];
  values: ExplainedValue[];
  budgets: ExplainedBudget[];
}

/** How often an error kind is retried in a group. */
export interface ExplainedBudget {
  kind: ErrorKind;
  /** What its failures are counted on; null: not retried. */
  budget: string | null;
  retries: number;
  /** Only to another deployment that has not failed in the call. */
  moveOnly: boolean;
  source: string;
}

/** Explains what a request for `model` would do. Null when the model is unknown and no default group stands for it. */
export function explain(config: RoutingConfig, request: RequestSettings, model: string): Explanation | null {
  const result = resolvePlan(config, request, model);
  if (!('plan' in result)) return null;
  const { plan } = result;
  const call = resolveCall(config, request);
  return {
    requested: model,
    configHash: config.hash,
    call: [
      explained('timeout, s', call.timeoutMs === null ? null : inSeconds(call.timeoutMs)),
      explained('max_fallbacks', call.maxFallbacks),
      explained('num_retries_per_request', call.numRetriesPerRequest),
      explained('fallback_reserve', call.fallbackReserve),
    ],
    groups: chainOf(plan).map((hop) => explainGroup(config, request, plan, hop)),
  };
}

interface Hop {
  entry: FallbackEntry;
  reachedBy: string;
}

/** Kinds whose walks may differ: each of the other kinds takes the same one as InternalServerError. */
const WALKS: readonly (readonly [kind: ErrorKind, name: string])[] = [
  ['InternalServerError', 'fallbacks'],
  ['ContextWindowExceededError', 'context window'],
  ['ContentPolicyViolationError', 'content policy'],
];

/** The groups in the order of the walk when each ends with the same kind; further groups of the special lists after. */
function chainOf(plan: CallPlan): Hop[] {
  const first = plan.firstIsDefault
    ? `default_fallbacks: ${plan.requested} is unknown`
    : plan.first.group === groupOf(plan, plan.first)
      ? 'requested'
      : `requested as ${plan.first.group}`;
  const hops: Hop[] = [{ entry: plan.first, reachedBy: first }];
  for (const [kind, name] of WALKS) {
    let hopNumber = 0;
    let step = nextGroup(plan, startWalk(plan), kind);
    while (step.entry !== null) {
      hopNumber += 1;
      const group = groupOf(plan, step.entry);
      const seen = hops.find((hop) => groupOf(plan, hop.entry) === group);
      if (seen === undefined) hops.push({ entry: step.entry, reachedBy: `${name}, fallback ${hopNumber}` });
      else seen.reachedBy += `; ${name}, fallback ${hopNumber}`;
      step = nextGroup(plan, step.state, kind);
    }
  }
  return hops;
}

function explainGroup(
  config: RoutingConfig,
  request: RequestSettings,
  callPlan: CallPlan,
  { entry, reachedBy }: Hop,
): ExplainedGroup {
  const group = groupOf(callPlan, entry);
  const resolved = resolveGroup(config, request, group);
  const plan = planForEntry(planGroup(config, resolved), entry);
  const kinds = ERROR_KIND_NAMES.filter((kind) => ERROR_KINDS[kind].fallsBack && kind !== 'AttemptsLostError');
  return {
    group,
    reachedBy,
    deployments: plan.deployments,
    values: [
      explained('attempt timeout, s', inSeconds(resolved.timeoutMs)),
      ...plan.deployments.flatMap(ownTimeout),
      explained('stream_timeout, s', streamTimeout(resolved, entry)),
      explained('stream_idle_timeout, s', inSeconds(resolved.streamIdleTimeoutMs)),
      explained('retry_after, s', inSeconds(resolved.retryAfterMs)),
      explained('max_retry_delay, s', inSeconds(resolved.maxRetryDelayMs)),
      explained('max_lost_attempts', resolved.maxLostAttempts),
      ...(plan.totalMs === null ? [] : [{ name: 'total, s', value: plan.totalMs / 1000, source: ENTRY }]),
    ],
    budgets: kinds.flatMap((kind) => explainBudgets(kind, plan, resolved, entry)),
  };
}

/** A deployment that sets an attempt timeout of its own. */
function ownTimeout({ id, timeoutMs }: DeploymentPlan): ExplainedValue[] {
  if (timeoutMs === undefined) return [];
  return [{ name: `attempt timeout of ${id}, s`, value: timeoutMs / 1000, source: `timeout of deployment ${id}` }];
}

/** One row a kind; more where deployments set different `num_retries`, which count when they are the one that failed. */
function explainBudgets(
  kind: ErrorKind,
  plan: GroupPlan,
  resolved: ResolvedGroup,
  entry: FallbackEntry,
): ExplainedBudget[] {
  const rows = new Map<number, Omit<ExplainedBudget, 'source'> & { sources: Set<string> }>();
  for (const deployment of plan.deployments) {
    const budget = budgetFor({ kind, notRetriedByDefault: null }, plan, deployment);
    if (budget.name === null) return [{ kind, budget: null, retries: 0, moveOnly: false, source: budget.reason }];
    const { name, size, moveOnly } = budget;
    const row = rows.get(size) ?? { kind, budget: name, retries: size, moveOnly, sources: new Set() };
    rows.set(size, row);
    row.sources.add(
      name === 'num_retries' ? numRetriesSource(resolved, entry, deployment) : fieldSource(name, resolved, entry),
    );
  }
  return [...rows.values()].map(({ sources, ...row }) => ({ ...row, source: [...sources].join(', ') }));
}

const ENTRY = 'fallback entry';

function fieldSource(field: PolicyField, resolved: ResolvedGroup, { settings }: FallbackEntry): string {
  const below = settings?.retryPolicy?.[field] === undefined ? resolved.retryPolicy[field] : undefined;
  return below?.source ?? `${ENTRY} retry_policy.${field}`;
}

function numRetriesSource(resolved: ResolvedGroup, { settings }: FallbackEntry, deployment: DeploymentPlan): string {
  if (settings?.numRetries !== undefined) return `${ENTRY} num_retries`;
  if (resolved.requestNumRetries !== null) return resolved.requestNumRetries.source;
  return deployment.numRetries === undefined
    ? resolved.numRetries.source
    : `num_retries of deployment ${deployment.id}`;
}

/** Of deployments that set none of their own where the request sets none either. */
function streamTimeout(resolved: ResolvedGroup, { settings }: FallbackEntry): Sourced<number> | null {
  const own = settings?.streamTimeoutMs;
  const setting =
    own === undefined
      ? (resolved.requestStreamTimeoutMs ?? resolved.streamTimeoutMs)
      : { value: own, source: `${ENTRY} stream_timeout` };
  return setting === null ? null : inSeconds(setting);
}

function inSeconds({ value, source }: Sourced<number>): Sourced<number> {
  return { value: value / 1000, source };
}

function explained(name: string, setting: Sourced<number> | null): ExplainedValue {
  return { name, ...(setting ?? { value: null, source: 'default' }) };
}
