import { explain, type ExplainedGroup } from '../../src/core/explain.js';
import type { RoutingConfig } from '../../src/core/settings.js';
import type { PolicyAspects, Scenario } from './scenarios.js';

/** What the config says about the errors that a scenario meets, as it says it now. */
export function policyLine(routing: RoutingConfig, { group: requested, policy }: Scenario): string {
  const groups = explain(routing, {}, requested)?.groups ?? [];
  const [first] = groups;
  if (first === undefined) return `the config has no group ${requested}`;
  const aspects = [
    ...budgets(first, policy),
    ...(policy.attemptTimeout ? [`attempt timeout ${attemptTimeout(first)} s`] : []),
    ...(policy.deployments ? [`deployments ${first.deployments.map(({ id }) => id).join(', ')}`] : []),
    ...(policy.lostAttempts
      ? [`a lost attempt is charged to no budget, up to ${setting(first, 'max_lost_attempts')} of them`]
      : []),
    ...(policy.fallback === undefined ? [] : [fallback(groups, policy.fallback)]),
  ];
  return `group ${first.group}: ${aspects.join(' · ')}`;
}

function budgets({ budgets: all }: ExplainedGroup, { kinds = [] }: PolicyAspects): string[] {
  return kinds
    .flatMap((kind) => all.find((budget) => budget.kind === kind) ?? [])
    .map(({ budget, retries, source }) => (budget === null ? source : `${budget} ${retries}`));
}

function attemptTimeout(group: ExplainedGroup): number | null {
  const ownMs = group.deployments[0]?.timeoutMs;
  return ownMs === undefined ? setting(group, 'attempt timeout, s') : ownMs / 1000;
}

function setting({ values }: ExplainedGroup, name: string): number | null {
  return values.find((value) => value.name === name)?.value ?? null;
}

function fallback(groups: readonly ExplainedGroup[], list: NonNullable<PolicyAspects['fallback']>): string {
  const next = groups.find(({ reachedBy }) => reachedBy.includes(`${list}, fallback 1`));
  const name = list === 'fallbacks' ? 'fallback' : `${list} fallback`;
  return next === undefined ? `no ${name}` : `${name} ${next.group}`;
}
