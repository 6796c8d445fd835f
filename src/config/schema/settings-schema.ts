import { z } from 'zod';
import { allowedFailsPolicy } from './deployment-schema.js';
import { fallbackApproval } from './fallback-approval-schema.js';
import { defaultFallbacks, fallbackRules } from './fallback-schema.js';
import { groupRetryPolicies, retryPolicy } from './retry-policy-schema.js';
import { attemptTimeout, count, duration, flag, name, positiveCount, share, unset } from './values.js';

const rules = fallbackRules('config');

/** What both sections may hold. */
const shared = {
  num_retries: count,
  num_retries_per_request: count,
  max_fallbacks: count,
  fallbacks: rules,
  context_window_fallbacks: rules,
  content_policy_fallbacks: rules,
  default_fallbacks: defaultFallbacks,
  allowed_fails: count,
};

export const litellmSettings = z.object({
  ...shared,
  request_timeout: attemptTimeout,
  sse_keepalive_ping_interval_seconds: duration,
  enable_json_schema_validation: flag,
});

/** A target, or LiteLLM's form with `hidden`, which `read-settings.ts` looks at. */
const aliasTarget = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && 'model' in value ? value.model : value),
  name,
);

const modulePathError = 'expected the path of a module, or a list of paths';
const modulePath = z.string({ error: modulePathError }).trim().min(1, { error: modulePathError });
const modulePaths = z.preprocess(
  unset,
  z.union([modulePath, z.array(modulePath)], { error: modulePathError }).optional(),
);

const aliases = z.preprocess(
  unset,
  z.record(name, aliasTarget, { error: 'expected an object of aliases, each with its model group' }).optional(),
);

export const routerSettings = z.object({
  ...shared,
  retry_policy: retryPolicy,
  model_group_retry_policy: groupRetryPolicies,
  timeout: attemptTimeout,
  retry_after: duration,
  max_retry_delay: duration,
  fallback_reserve: share,
  max_lost_attempts: count,
  fallback_approval: fallbackApproval,
  model_group_alias: aliases,
  stream_timeout: attemptTimeout,
  stream_idle_timeout: attemptTimeout,
  allowed_fails_policy: allowedFailsPolicy,
  cooldown_time: duration,
  disable_cooldowns: flag,
  default_max_parallel_requests: positiveCount,
  callbacks: modulePaths,
});

type Shared = z.output<typeof litellmSettings> | z.output<typeof routerSettings>;

/** The settings that both sections share, by the names the rules give them. */
export function sharedLayer(settings: Shared) {
  return {
    numRetries: settings.num_retries,
    numRetriesPerRequest: settings.num_retries_per_request,
    maxFallbacks: settings.max_fallbacks,
    fallbacks: settings.fallbacks,
    contextWindowFallbacks: settings.context_window_fallbacks,
    contentPolicyFallbacks: settings.content_policy_fallbacks,
    defaultFallbacks: settings.default_fallbacks,
  };
}
