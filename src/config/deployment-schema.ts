import { z } from 'zod';
import { attemptTimeout, count, duration, name, only, positiveCount, text, unset, weight } from './values.js';

/** What `litellm_params` may hold of ours. */
export const deploymentParams = z.object({
  model: text,
  api_key: text,
  api_base: text,
  organization: text,
  custom_llm_provider: text,
  order: count,
  weight,
  num_retries: count,
  timeout: attemptTimeout,
  rpm: positiveCount,
  max_parallel_requests: positiveCount,
  stream_timeout: attemptTimeout,
  cooldown_time: duration,
});

/** Kinds of failures in LiteLLM's AllowedFailsPolicy. */
const ALLOWED_FAILS_FIELDS = [
  'BadRequestErrorAllowedFails',
  'AuthenticationErrorAllowedFails',
  'TimeoutErrorAllowedFails',
  'RateLimitErrorAllowedFails',
  'ContentPolicyViolationErrorAllowedFails',
  'InternalServerErrorAllowedFails',
  'ServiceUnavailableErrorAllowedFails',
  'BadGatewayErrorAllowedFails',
  'NotFoundErrorAllowedFails',
] as const;

type AllowedFailsField = (typeof ALLOWED_FAILS_FIELDS)[number];

export const allowedFailsPolicy = z.preprocess(
  unset,
  only(
    Object.fromEntries(ALLOWED_FAILS_FIELDS.map((field) => [field, count])) as Record<AllowedFailsField, typeof count>,
  )
    .transform((policy): { readonly [field in AllowedFailsField]?: number | undefined } => policy)
    .optional(),
);

/** What `model_info` may hold of ours. */
export const modelInfo = z.object({
  id: z.preprocess((value) => (typeof value === 'number' ? String(value) : value), name.optional()),
  allowed_fails: count,
  allowed_fails_policy: allowedFailsPolicy,
  cooldown_time: duration,
});
