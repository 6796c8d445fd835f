import type { CallPlan, CommonPlan, FallbackLists, GroupPlan } from '../../src/core/plan/call-plan.js';
import type { Failure } from '../../src/core/errors/classify.js';
import { ERROR_KINDS, type ErrorKind } from '../../src/core/errors/error-kinds.js';
import type { ExplainableConfig } from '../../src/core/explain/explain-group.js';
import type { WalkOutlook } from '../../src/core/fallbacks/fallback-walk.js';
import type { OperationalSettings } from '../../src/core/deployments/operational.js';
import { startProgress, type GroupProgress } from '../../src/core/retries/progress.js';
import {
  DEFAULTS,
  type DeploymentPlan,
  type FallbackEntry,
  type FallbackRule,
  type RoutingConfig,
} from '../../src/core/plan/settings.js';

/** Complete values with the defaults, so that a test names only what it is about. */

/** Noon on a Sunday; the time is a parameter everywhere, so every test can use the same one. */
export const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0);

export function deployment(id: string, set: Partial<DeploymentPlan> = {}): DeploymentPlan {
  return { id, model: `${id}-model`, ...set };
}

export function commonPlan(set: Partial<CommonPlan> = {}): CommonPlan {
  return {
    retryPolicy: {},
    numRetries: DEFAULTS.numRetries,
    timeoutMs: DEFAULTS.timeoutMs,
    retryAfterMs: DEFAULTS.retryAfterMs,
    maxRetryDelayMs: DEFAULTS.maxRetryDelayMs,
    maxLostAttempts: DEFAULTS.maxLostAttempts,
    ...set,
  };
}

export function groupPlan(set: Partial<GroupPlan> = {}): GroupPlan {
  return {
    group: 'a',
    deployments: [deployment('a1')],
    ...commonPlan(),
    ...set,
  };
}

export function failure(kind: ErrorKind, set: Partial<Failure> = {}): Failure {
  return {
    kind,
    status: ERROR_KINDS[kind].status,
    message: `${kind} of a test`,
    requestId: null,
    retryAfterMs: null,
    notRetriedByDefault: null,
    deadlineReached: false,
    tokens: null,
    ...set,
  };
}

export function progress(set: Partial<GroupProgress> = {}): GroupProgress {
  return { ...startProgress('a'), ...set };
}

/** `{ a: ['b', 'c'] }` as rules. */
export function rules(byKey: Record<string, readonly (string | FallbackEntry)[]>): FallbackRule[] {
  return Object.entries(byKey).map(([key, names]) => ({ key, entries: entries(...names) }));
}

export function entries(...names: readonly (string | FallbackEntry)[]): FallbackEntry[] {
  return names.map((name) => (typeof name === 'string' ? { group: name } : name));
}

export function lists(set: Partial<FallbackLists> = {}): FallbackLists {
  return { fallbacks: [], contextWindow: [], contentPolicy: [], defaults: [], fromRequest: false, ...set };
}

/** A walk that could go on after any error. */
export function outlook(set: Partial<WalkOutlook> = {}): WalkOutlook {
  return { fallbacks: true, contextWindow: true, contentPolicy: true, blockedAnswerFails: false, ...set };
}

/** A call that starts with the first of the groups. */
export function callPlan(groups: readonly string[], set: Partial<CallPlan> = {}): CallPlan {
  return {
    configHash: 'hash',
    first: { group: groups[0]! },
    common: commonPlan(),
    groups: Object.fromEntries(groups.map((group) => [group, { deployments: [deployment(`${group}1`)] }])),
    maxFallbacks: DEFAULTS.maxFallbacks,
    ...set,
  };
}

/** A config with one deployment for each group. */
export function config(groups: readonly string[], set: Partial<RoutingConfig> = {}): RoutingConfig {
  return {
    hash: 'hash',
    groups: Object.fromEntries(groups.map((group) => [group, [deployment(`${group}1`)]])),
    aliases: {},
    router: {},
    litellm: {},
    ...set,
  };
}

/** A config as `explain` takes it: with cooldowns and limits by default. */
export function explainable(routing: RoutingConfig, set: Partial<OperationalSettings> = {}): ExplainableConfig {
  return { routing, operational: { deployments: {}, ...set } };
}
