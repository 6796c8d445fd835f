import { cutToCeilings } from '../plan/ceilings.js';
import type { CallPlan, CommonPlan, FallbackLists, OwnPlan } from '../plan/call-plan.js';
import { POLICY_FIELDS, type PolicyField } from '../errors/error-kinds.js';
import { deploymentsFor, reachOf, type KnownGroup } from '../fallbacks/fallback-reach.js';
import { groupOf } from '../fallbacks/fallback-walk.js';
import { isSet, resolveCall, resolveGroup, type ResolvedCall, type ResolvedGroup } from '../plan/resolve-settings.js';
import type { RequestSettings, RoutingConfig } from '../plan/settings.js';

export type PlanResult = { plan: CallPlan } | { unknownModel: string };

/** What a request may do under a config: the plan that its call keeps to the end. */
export function resolvePlan(config: RoutingConfig, asked: RequestSettings, model: string): PlanResult {
  const { settings: request, cut } = cutToCeilings(asked, config.ceilings);
  const call = resolveCall(config, request);
  const start = startOf(config, call.lists, model);
  if (start === null) return { unknownModel: model };
  const { first, defaults, ...beginning } = start;
  const reach = reachOf(config, { ...call.lists, defaults }, first, mostPassed(config, call));
  const common: CommonPlan = {
    ...commonPlan(resolveGroup(config, request, null), request.stream === true),
    ...(call.validateSchema.value && { validateSchema: true }),
  };
  const groups: Record<string, OwnPlan> = {};
  const aliases: Record<string, string> = {};
  for (const [name, deployments] of reach.groups) {
    const group = groupOf(config, { group: name });
    if (group !== name) aliases[name] = group;
    groups[group] = { deployments, ...ownPolicy(config, request, group, common) };
  }
  return {
    plan: {
      configHash: config.hash,
      first: first.entry,
      ...beginning,
      ...(cut.length > 0 && { cut }),
      common,
      groups,
      ...(hasAny(aliases) && { aliases }),
      ...(hasAny(reach.lists) && { lists: reach.lists, maxFallbacks: call.maxFallbacks.value }),
      ...approvalOf(config, Object.keys(groups)),
      ...limitsOf(call),
    },
  };
}

interface Start extends Pick<CallPlan, 'standsFor' | 'passedOver'>, Pick<FallbackLists, 'defaults'> {
  readonly first: KnownGroup;
}

/** An unknown model is served by the first known default group, if any; the walk goes on with those after it. */
function startOf(config: RoutingConfig, { defaults }: FallbackLists, model: string): Start | null {
  const requested = { group: model };
  const own = deploymentsFor(config, requested);
  if (own !== null) return { first: { entry: requested, deployments: own }, defaults };
  for (const [index, entry] of defaults.entries()) {
    const deployments = deploymentsFor(config, entry);
    if (deployments === null) continue;
    const passedOver = defaults.slice(0, index).map(({ group }) => group);
    return {
      first: { entry, deployments },
      standsFor: model,
      ...(passedOver.length > 0 && { passedOver }),
      defaults: defaults.slice(index + 1),
    };
  }
  return null;
}

/** The resolved values without their sources; time-outs of streams only for a request that asks for one. */
export function commonPlan(resolved: ResolvedGroup, stream: boolean): CommonPlan {
  const { requestNumRetries, requestStreamTimeoutMs, streamTimeoutMs, streamIdleTimeoutMs } = resolved;
  return {
    retryPolicy: policyValues(resolved),
    ...(isSet(requestNumRetries) && { requestNumRetries: requestNumRetries.value }),
    numRetries: resolved.numRetries.value,
    timeoutMs: resolved.timeoutMs.value,
    ...(stream && {
      ...(isSet(requestStreamTimeoutMs) && { requestStreamTimeoutMs: requestStreamTimeoutMs.value }),
      ...(isSet(streamTimeoutMs) && { streamTimeoutMs: streamTimeoutMs.value }),
      streamIdleTimeoutMs: streamIdleTimeoutMs.value,
    }),
    retryAfterMs: resolved.retryAfterMs.value,
    maxRetryDelayMs: resolved.maxRetryDelayMs.value,
    maxLostAttempts: resolved.maxLostAttempts.value,
  };
}

/** What of a group's policy is not that of all groups. */
function ownPolicy(
  config: RoutingConfig,
  request: RequestSettings,
  group: string,
  common: CommonPlan,
): Pick<OwnPlan, 'retryPolicy'> {
  const policy = Object.entries(policyValues(resolveGroup(config, request, group)));
  const own = policy.filter(([field, retries]) => common.retryPolicy[field as PolicyField] !== retries);
  return own.length > 0 ? { retryPolicy: Object.fromEntries(own) } : {};
}

function policyValues({ retryPolicy }: ResolvedGroup): { [field in PolicyField]?: number } {
  const values: { [field in PolicyField]?: number } = {};
  for (const field of POLICY_FIELDS) {
    const retries = retryPolicy[field];
    if (retries !== undefined) values[field] = retries.value;
  }
  return values;
}

function limitsOf(call: ResolvedCall): Pick<CallPlan, 'numRetriesPerRequest' | 'timeoutMs' | 'fallbackReserve'> {
  const { numRetriesPerRequest, timeoutMs, fallbackReserve } = call;
  return {
    ...(isSet(numRetriesPerRequest) && { numRetriesPerRequest: numRetriesPerRequest.value }),
    ...(isSet(timeoutMs) && { timeoutMs: timeoutMs.value, fallbackReserve: fallbackReserve.value }),
  };
}

/** How many groups a walk may come to: one that is denied is none of those that it tries. */
function mostPassed({ router }: RoutingConfig, { maxFallbacks: { value: tried } }: ResolvedCall): number {
  return tried === 0 ? 0 : tried + (router.fallbackApproval?.groups.length ?? 0);
}

/** Of the groups that ask first, those that the call can reach. */
function approvalOf(config: RoutingConfig, reached: readonly string[]): Pick<CallPlan, 'approval'> {
  const { fallbackApproval } = config.router;
  if (fallbackApproval === undefined) return {};
  const asking = new Set(fallbackApproval.groups.map((group) => groupOf(config, { group })));
  const groups = reached.filter((group) => asking.has(group));
  return groups.length > 0 ? { approval: { ...fallbackApproval, groups } } : {};
}

function hasAny(object: object): boolean {
  return Object.keys(object).length > 0;
}
