import { z } from 'zod';
import { POLICY_FIELDS, type PolicyField } from '../../core/errors/error-kinds.js';
import type { RetryPolicy } from '../../core/plan/settings.js';
import { bounded, isRecord, type Report } from './bounded.js';
import { compact, count, only, unset } from './values.js';

const fields = Object.fromEntries(POLICY_FIELDS.map((field) => [field, count])) as Record<PolicyField, typeof count>;

const policy = only(fields).transform((value): RetryPolicy => compact(value));

/** `retry_policy`: retries per policy field. */
export const retryPolicy = z.preprocess(unset, policy.optional());

/** `model_group_retry_policy`: a policy per model group. */
export const groupRetryPolicies = z.preprocess(unset, bounded(readGroupPolicies).optional());

/** More than the largest config has. */
const MAX_GROUPS = 10_000;

function readGroupPolicies(value: unknown, report: Report): Record<string, RetryPolicy> {
  const policies: [group: string, policy: RetryPolicy][] = [];
  if (!isRecord(value)) {
    report.add([], 'expected an object of model groups, each with its retry policy');
    return {};
  }
  const groups = Object.keys(value);
  if (groups.length > MAX_GROUPS) report.stop(`has ${groups.length} model groups; at most ${MAX_GROUPS} are read`);
  for (const group of groups) {
    if (report.isFull) break;
    const { data, error } = policy.safeParse(value[group] ?? {});
    report.addAll([group], error?.issues);
    if (data !== undefined) policies.push([group, data]);
  }
  return Object.fromEntries(policies);
}
