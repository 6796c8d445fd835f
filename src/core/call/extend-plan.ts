import type { CallPlan, GroupPlan } from '../plan/call-plan.js';
import type { RetryPolicy } from '../plan/settings.js';
import type { Failure } from '../errors/classify.js';
import { budgetFor } from '../retries/budget.js';
import type { GroupProgress } from '../retries/progress.js';
import type { ActionInput } from './call-actions.js';

type Extension = Pick<ActionInput, 'retries' | 'field' | 'seconds'>;

/** The plan with more retries, or more time, in every group. */
export function extendedPlan(plan: CallPlan, { retries = 0, field, seconds = 0 }: Extension): CallPlan {
  const { common, groups, numRetriesPerRequest, timeoutMs } = plan;
  const moreOf = (policy: RetryPolicy): RetryPolicy => withMore(policy, retries);
  const grown =
    field === undefined
      ? {
          ...common,
          retryPolicy: moreOf(common.retryPolicy),
          numRetries: common.numRetries + retries,
          ...(common.requestNumRetries !== undefined && { requestNumRetries: common.requestNumRetries + retries }),
        }
      : common;
  return {
    ...plan,
    common: grown,
    groups: Object.fromEntries(
      Object.entries(groups).map(([name, own]) => {
        const { retryPolicy = {}, deployments } = own;
        if (field !== undefined) {
          const size = retryPolicy[field] ?? common.retryPolicy[field] ?? 0;
          return [name, { ...own, retryPolicy: { ...retryPolicy, [field]: size + retries } }];
        }
        const more = deployments.map((each) =>
          each.numRetries === undefined ? each : { ...each, numRetries: each.numRetries + retries },
        );
        return [name, { ...own, deployments: more, retryPolicy: moreOf(retryPolicy) }];
      }),
    ),
    ...(numRetriesPerRequest !== undefined && { numRetriesPerRequest: numRetriesPerRequest + retries }),
    ...(timeoutMs !== undefined && { timeoutMs: timeoutMs + seconds * 1000 }),
  };
}

function withMore(policy: RetryPolicy, retries: number): RetryPolicy {
  return Object.fromEntries(Object.entries(policy).map(([name, size]) => [name, (size ?? 0) + retries]));
}

/** Whether a group that gave up has a retry left under a plan that was extended meanwhile. */
export function goesOnUnder(
  plan: GroupPlan,
  failure: Failure,
  { failures = {} }: { failures?: GroupProgress['failures'] | undefined },
): boolean {
  if (failure.contentDelivered) return false;
  return plan.deployments.some((deployment) => {
    const budget = budgetFor(failure, plan, deployment);
    return budget.name !== null && !budget.moveOnly && (failures[budget.name] ?? 0) <= budget.size && budget.size > 0;
  });
}
