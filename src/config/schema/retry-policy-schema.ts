import { z } from 'zod';
import { POLICY_FIELDS, type PolicyField } from '../../core/errors/error-kinds.js';
import type { RetryPolicy } from '../../core/plan/settings.js';
import { compact, count, only, unset } from './values.js';

const fields = Object.fromEntries(POLICY_FIELDS.map((field) => [field, count])) as Record<PolicyField, typeof count>;

const policy = only(fields).transform((value): RetryPolicy => compact(value));

/** `retry_policy`: retries per policy field. */
export const retryPolicy = z.preprocess(unset, policy.optional());

/** `model_group_retry_policy`: a policy per model group. */
export const groupRetryPolicies = z.preprocess(
  unset,
  z
    .record(
      z.string(),
      z.preprocess((value) => unset(value) ?? {}, policy),
      {
        error: 'expected an object of model groups, each with its retry policy',
      },
    )
    .optional(),
);
