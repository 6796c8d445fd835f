import type { CommonPlan } from '../plan/call-plan.js';
import type { Failure } from '../errors/classify.js';
import { ERROR_KINDS, policyFieldsOf, type PolicyField } from '../errors/error-kinds.js';
import { mayMove } from '../errors/may-move.js';
import type { DeploymentPlan } from '../plan/settings.js';

/** What failures are counted on: a policy field, or the count that all kinds without one share. */
export type BudgetName = PolicyField | 'num_retries';

/** How many retries a failure has, and on which count. */
export interface Budget {
  readonly name: BudgetName;
  readonly size: number;
  /** The failure may only move to a deployment that has not failed in this call. */
  readonly moveOnly: boolean;
}

/** No budget at all, and why. */
export interface NoBudget {
  readonly name: null;
  readonly reason: string;
}

/**
 * The budget of a failure, by the rules of docs/retries.md: `num_retries: 0` of the request, the policy field of the kind or of its
 * parents, `DefaultRetries`, then `num_retries` for kinds that are retried by default, or to move to another deployment.
 */
export function budgetFor(
  failure: Pick<Failure, 'kind' | 'notRetriedByDefault' | 'lostState'>,
  plan: Pick<CommonPlan, 'retryPolicy' | 'requestNumRetries' | 'numRetries'>,
  failed: Pick<DeploymentPlan, 'numRetries'>,
): Budget | NoBudget {
  const { kind, notRetriedByDefault } = failure;
  const { retried } = ERROR_KINDS[kind];
  if (plan.requestNumRetries === 0) return { name: null, reason: 'num_retries: 0 switches retries off' };
  if (retried === 'never') return { name: null, reason: `${kind} is never retried in the group` };

  const byDefault = retried === 'by default' && notRetriedByDefault === null;
  const fields: PolicyField[] = [...policyFieldsOf(kind), ...(byDefault ? (['DefaultRetries'] as const) : [])];
  for (const name of fields) {
    const size = plan.retryPolicy[name];
    if (size !== undefined) return { name, size, moveOnly: false };
  }

  if (byDefault || mayMove(failure)) {
    const size = plan.requestNumRetries ?? failed.numRetries ?? plan.numRetries;
    return { name: 'num_retries', size, moveOnly: !byDefault };
  }
  return { name: null, reason: `${kind} is not retried unless a policy field asks for it` };
}
