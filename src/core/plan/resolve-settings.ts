import type { FallbackLists } from './call-plan.js';
import { POLICY_FIELDS, type PolicyField } from '../errors/error-kinds.js';
import { ownProperty } from '../common/own-property.js';
import {
  DEFAULTS,
  type GroupSettings,
  type RequestSettings,
  type RetryPolicy,
  type RoutingConfig,
} from './settings.js';
import { firstSet, type Sourced } from '../common/sourced.js';

/** A group's settings, each with where it comes from. */
export interface ResolvedGroup {
  retryPolicy: Partial<Record<PolicyField, Sourced<number>>>;
  requestNumRetries: Sourced<number | null>;
  numRetries: Sourced<number>;
  timeoutMs: Sourced<number>;
  requestStreamTimeoutMs: Sourced<number | null>;
  streamTimeoutMs: Sourced<number | null>;
  streamIdleTimeoutMs: Sourced<number>;
  retryAfterMs: Sourced<number>;
  maxRetryDelayMs: Sourced<number>;
  maxLostAttempts: Sourced<number>;
  totalMs: Sourced<number | null>;
}

/** Settings of the whole call, each with where it comes from. */
export interface ResolvedCall {
  lists: FallbackLists;
  maxFallbacks: Sourced<number>;
  numRetriesPerRequest: Sourced<number | null>;
  timeoutMs: Sourced<number | null>;
  fallbackReserve: Sourced<number>;
  validateSchema: Sourced<boolean>;
}

const ENTRY = 'fallback entry';
const REQUEST = 'request';
const ROUTER = 'router_settings';
const LITELLM = 'litellm_settings';

/**
 * Resolves a group's settings: the fallback entry that leads to it, request, router, LiteLLM's own settings, default.
 * Without a group: what holds for those that have no policy of their own.
 */
export function resolveGroup(
  config: RoutingConfig,
  request: RequestSettings,
  group: string | null,
  entry: GroupSettings = {},
): ResolvedGroup {
  const { router, litellm } = config;
  const ofGroup = (policies: Readonly<Record<string, RetryPolicy>> = {}) =>
    group === null ? undefined : ownProperty(policies, group);
  return {
    retryPolicy: mergePolicies([
      [`${ENTRY} retry_policy`, entry.retryPolicy],
      [`${REQUEST} retry_policy`, request.retryPolicy],
      [`${REQUEST} model_group_retry_policy.${group}`, ofGroup(request.modelGroupRetryPolicy)],
      [`${ROUTER}.model_group_retry_policy.${group}`, ofGroup(router.modelGroupRetryPolicy)],
      [`${ROUTER}.retry_policy`, router.retryPolicy],
    ]),
    requestNumRetries: firstSet<number | null>(
      [
        [`${ENTRY} num_retries`, entry.numRetries],
        [`${REQUEST} num_retries`, request.numRetries],
      ],
      null,
    ),
    numRetries: firstSet<number>(
      [
        [`${ROUTER}.num_retries`, router.numRetries],
        [`${LITELLM}.num_retries`, litellm.numRetries],
      ],
      DEFAULTS.numRetries,
    ),
    timeoutMs: firstSet<number>(
      [
        [`${ROUTER}.timeout`, router.timeoutMs],
        [`${LITELLM}.request_timeout`, litellm.timeoutMs],
      ],
      DEFAULTS.timeoutMs,
    ),
    requestStreamTimeoutMs: firstSet<number | null>(
      [
        [`${ENTRY} stream_timeout`, entry.streamTimeoutMs],
        [`${REQUEST} stream_timeout`, request.streamTimeoutMs],
      ],
      null,
    ),
    streamTimeoutMs: firstSet<number | null>([[`${ROUTER}.stream_timeout`, router.streamTimeoutMs]], null),
    streamIdleTimeoutMs: firstSet<number>(
      [[`${ROUTER}.stream_idle_timeout`, router.streamIdleTimeoutMs]],
      DEFAULTS.streamIdleTimeoutMs,
    ),
    retryAfterMs: firstSet<number>([[`${ROUTER}.retry_after`, router.retryAfterMs]], DEFAULTS.retryAfterMs),
    maxRetryDelayMs: firstSet<number>(
      [[`${ROUTER}.max_retry_delay`, router.maxRetryDelayMs]],
      DEFAULTS.maxRetryDelayMs,
    ),
    maxLostAttempts: firstSet<number>(
      [[`${ROUTER}.max_lost_attempts`, router.maxLostAttempts]],
      DEFAULTS.maxLostAttempts,
    ),
    totalMs: firstSet<number | null>([[`${ENTRY} timeout`, entry.timeoutMs]], null),
  };
}

/** Resolves what holds for the call as a whole. */
export function resolveCall(config: RoutingConfig, request: RequestSettings): ResolvedCall {
  const { router, litellm } = config;
  return {
    lists: resolveLists(config, request),
    maxFallbacks: firstSet<number>(
      [
        [`${REQUEST} max_fallbacks`, request.maxFallbacks],
        [`${ROUTER}.max_fallbacks`, router.maxFallbacks],
        [`${LITELLM}.max_fallbacks`, litellm.maxFallbacks],
      ],
      DEFAULTS.maxFallbacks,
    ),
    numRetriesPerRequest: firstSet<number | null>(
      [
        [`${REQUEST} num_retries_per_request`, request.numRetriesPerRequest],
        [`${ROUTER}.num_retries_per_request`, router.numRetriesPerRequest],
        [`${LITELLM}.num_retries_per_request`, litellm.numRetriesPerRequest],
      ],
      null,
    ),
    timeoutMs: firstSet<number | null>([[`${REQUEST} timeout`, request.timeoutMs]], null),
    fallbackReserve: firstSet<number>(
      [[`${ROUTER}.fallback_reserve`, router.fallbackReserve]],
      DEFAULTS.fallbackReserve,
    ),
    validateSchema: firstSet<boolean>(
      [
        [`${REQUEST} validate_schema`, request.validateSchema],
        [`${LITELLM}.enable_json_schema_validation`, litellm.validateSchema],
      ],
      DEFAULTS.validateSchema,
    ),
  };
}

/** A request's `fallbacks` replaces all four lists, its other two their namesakes only. */
function resolveLists({ router, litellm }: RoutingConfig, request: RequestSettings): FallbackLists {
  if (request.disableFallbacks === true) {
    return { fallbacks: [], contextWindow: [], contentPolicy: [], defaults: [], fromRequest: false };
  }
  const fromRequest = request.fallbacks !== undefined;
  return {
    fallbacks: request.fallbacks ?? router.fallbacks ?? litellm.fallbacks ?? [],
    contextWindow:
      request.contextWindowFallbacks ??
      (fromRequest ? [] : (router.contextWindowFallbacks ?? litellm.contextWindowFallbacks ?? [])),
    contentPolicy:
      request.contentPolicyFallbacks ??
      (fromRequest ? [] : (router.contentPolicyFallbacks ?? litellm.contentPolicyFallbacks ?? [])),
    defaults: fromRequest ? [] : (router.defaultFallbacks ?? litellm.defaultFallbacks ?? []),
    fromRequest,
  };
}

/** A policy overrides only the fields it sets: the most specific layer that sets a field wins it. */
function mergePolicies(
  layers: readonly (readonly [source: string, policy: RetryPolicy | undefined])[],
): Partial<Record<PolicyField, Sourced<number>>> {
  const merged: Partial<Record<PolicyField, Sourced<number>>> = {};
  for (const field of POLICY_FIELDS) {
    const [source, policy] = layers.find(([, each]) => each?.[field] !== undefined) ?? [];
    const value = policy?.[field];
    // A source is named for what is set only: there are many fields, and each call looks at all of them.
    if (value !== undefined) merged[field] = { value, source: `${source}.${field}` };
  }
  return merged;
}

/** Whether a setting without a default is set at all. */
export function isSet(setting: Sourced<number | null>): setting is Sourced<number> {
  return setting.value !== null;
}
