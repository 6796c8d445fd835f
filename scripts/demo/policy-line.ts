import { explain, type Explanation } from '../../src/core/explain/explain.js';
import type { ExplainableConfig, ExplainedGroup } from '../../src/core/explain/explain-group.js';
import type { PolicyAspects, Scenario } from './scenarios.js';

/** What the config says about the errors that a scenario meets, as it says it now. */
export function policyLine(config: ExplainableConfig, { group: requested, policy }: Scenario): string {
  const explanation = explain(config, {}, requested);
  const first = explanation?.groups[0];
  if (explanation === null || first === undefined) return `the config has no group ${requested}`;
  const aspects = [
    ...budgets(first, policy),
    ...(policy.attemptTimeout ? [`attempt timeout ${attemptTimeout(first)} s`] : []),
    ...(policy.deployments ? [`deployments ${first.deployments.map(({ id }) => id).join(', ')}`] : []),
    ...(policy.lostAttempts
      ? [`a lost attempt is charged to no budget, up to ${first.settings.maxLostAttempts.value} of them`]
      : []),
    ...(policy.fallback === undefined ? [] : [fallback(explanation, policy.fallback)]),
  ];
  return `group ${first.group}: ${aspects.join(' · ')}`;
}

function budgets({ budgets: all }: ExplainedGroup, { kinds = [] }: PolicyAspects): string[] {
  return kinds
    .flatMap((kind) => all.find((budget) => budget.kind === kind) ?? [])
    .map(({ budget, retries, source }) => (budget === null ? source : `${budget} ${retries}`));
}

function attemptTimeout({ deployments }: ExplainedGroup): number {
  return (deployments[0]?.timeoutMs.value ?? 0) / 1000;
}

function fallback({ walks }: Explanation, list: NonNullable<PolicyAspects['fallback']>): string {
  const next = walks.find((walk) => walk.list === list)?.steps[1];
  const name = list === 'fallbacks' ? 'fallback' : 'context window fallback';
  return next === undefined ? `no ${name}` : `${name} ${next.group}`;
}
