import type { CallPlan, FallbackLists, GroupPlan } from './call-plan.js';
import { POLICY_FIELDS, type PolicyField } from './error-kinds.js';
import { specificRule, wildcardRule } from './fallback-lookup.js';
import { groupOf, namesOf } from './fallback-walk.js';
import { ownValue } from './own-value.js';
import {
  DEFAULTS,
  type FallbackEntry,
  type GroupSettings,
  type RequestSettings,
  type RetryPolicy,
  type RoutingConfig,
} from './settings.js';
import { firstSet, type Sourced } from './sourced.js';
import { deploymentsOf } from './wildcards.js';

/** A group's settings, each with where it comes from. */
export interface ResolvedGroup {
  group: string;
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
}

const ENTRY = 'fallback entry';
const REQUEST = 'request';
const ROUTER = 'router_settings';
const LITELLM = 'litellm_settings';

/** Resolves a group's settings: the fallback entry that leads to it, request, router, LiteLLM's own settings, default. */
export function resolveGroup(
  config: RoutingConfig,
  request: RequestSettings,
  group: string,
  entry: GroupSettings = {},
): ResolvedGroup {
  const { router, litellm } = config;
  return {
    group,
    retryPolicy: mergePolicies([
      [`${ENTRY} retry_policy`, entry.retryPolicy],
      [`${REQUEST} retry_policy`, request.retryPolicy],
      [`${REQUEST} model_group_retry_policy.${group}`, ownValue(request.modelGroupRetryPolicy ?? {}, group)],
      [`${ROUTER}.model_group_retry_policy.${group}`, ownValue(router.modelGroupRetryPolicy ?? {}, group)],
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
    const set = firstSet<number | null>(
      layers.map(([source, policy]) => [`${source}.${field}`, policy?.[field]]),
      null,
    );
    if (isSet(set)) merged[field] = set;
  }
  return merged;
}

function isSet(setting: Sourced<number | null>): setting is Sourced<number> {
  return setting.value !== null;
}

/** The plan of one group: the resolved values without their sources. */
export function planGroup(config: RoutingConfig, resolved: ResolvedGroup): GroupPlan {
  const policy: { [field in PolicyField]?: number } = {};
  for (const field of POLICY_FIELDS) {
    const value = resolved.retryPolicy[field];
    if (value !== undefined) policy[field] = value.value;
  }
  return {
    group: resolved.group,
    deployments: deploymentsOf(config, resolved.group) ?? [],
    retryPolicy: policy,
    requestNumRetries: resolved.requestNumRetries.value,
    numRetries: resolved.numRetries.value,
    timeoutMs: resolved.timeoutMs.value,
    ...(isSet(resolved.requestStreamTimeoutMs) && { requestStreamTimeoutMs: resolved.requestStreamTimeoutMs.value }),
    ...(isSet(resolved.streamTimeoutMs) && { streamTimeoutMs: resolved.streamTimeoutMs.value }),
    streamIdleTimeoutMs: resolved.streamIdleTimeoutMs.value,
    retryAfterMs: resolved.retryAfterMs.value,
    maxRetryDelayMs: resolved.maxRetryDelayMs.value,
    maxLostAttempts: resolved.maxLostAttempts.value,
    totalMs: resolved.totalMs.value,
  };
}

/** A group's plan with the settings of the fallback entry that leads to it. They do not leak to the next group. */
export function planForEntry(plan: GroupPlan, { settings }: FallbackEntry): GroupPlan {
  return settings === undefined
    ? plan
    : {
        ...plan,
        retryPolicy: { ...plan.retryPolicy, ...settings.retryPolicy },
        requestNumRetries: settings.numRetries ?? plan.requestNumRetries,
        ...(settings.streamTimeoutMs !== undefined && { requestStreamTimeoutMs: settings.streamTimeoutMs }),
        totalMs: settings.timeoutMs ?? plan.totalMs,
      };
}

export type PlanResult = { plan: CallPlan } | { unknownModel: string; known: readonly string[] };

/** What a request may do under a config: the plan that its call keeps to the end. */
export function resolvePlan(config: RoutingConfig, request: RequestSettings, model: string): PlanResult {
  const call = resolveCall(config, request);
  const start = startOf(config, call.lists, model);
  if (start === null) return { unknownModel: model, known: Object.keys({ ...config.groups, ...config.wildcards }) };
  const names = reachableNames(config, call.lists, start.entry.group);
  const groups: Record<string, GroupPlan> = {};
  const aliases: Record<string, string> = {};
  for (const name of names) {
    const target = groupOf(config, { group: name });
    if (target !== name) aliases[name] = target;
    groups[target] = planGroup(config, resolveGroup(config, request, target));
  }
  return {
    plan: {
      configHash: config.hash,
      requested: model,
      first: start.entry,
      firstNames: start.names,
      firstIsDefault: start.isDefault,
      passedOver: start.passedOver,
      groups,
      aliases,
      lists: call.lists,
      maxFallbacks: call.maxFallbacks.value,
      numRetriesPerRequest: call.numRetriesPerRequest.value,
      timeoutMs: call.timeoutMs.value,
      fallbackReserve: call.fallbackReserve.value,
    },
  };
}

interface Start {
  entry: FallbackEntry;
  names: readonly string[];
  isDefault: boolean;
  passedOver: readonly string[];
}

/** An unknown model is served by the first known default group, if any. */
function startOf(config: RoutingConfig, lists: FallbackLists, model: string): Start | null {
  const isKnown = (entry: FallbackEntry) => deploymentsOf(config, groupOf(config, entry)) !== null;
  const requested = { group: model };
  if (isKnown(requested))
    return { entry: requested, names: namesOf(config, requested), isDefault: false, passedOver: [] };
  const index = lists.defaults.findIndex(isKnown);
  const entry = lists.defaults[index];
  if (entry === undefined) return null;
  const passedOver = lists.defaults.slice(0, index).map(({ group }) => group);
  return { entry, names: namesOf(config, entry), isDefault: true, passedOver };
}

/** Every known group that the walk can reach from the first one, with the names it is reached by. */
function reachableNames(config: RoutingConfig, lists: FallbackLists, first: string): Set<string> {
  const ruleLists = [lists.fallbacks, lists.contextWindow, lists.contentPolicy];
  const reached = new Set<string>();
  const pending = [...lists.defaults, ...ruleLists.flatMap((rules) => wildcardRule(rules)?.entries ?? [])].map(
    ({ group }) => group,
  );
  pending.push(first);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name) || deploymentsOf(config, groupOf(config, { group: name })) === null) continue;
    reached.add(name);
    for (const rules of ruleLists) {
      for (const entry of specificRule(rules, namesOf(config, { group: name }))?.entries ?? [])
        pending.push(entry.group);
    }
  }
  return reached;
}
