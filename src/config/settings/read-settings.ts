import type { OperationalSettings } from '../../core/deployments/operational.js';
import type { SettingsLayer } from '../../core/plan/settings.js';

import { readParams } from '../deployments/credentials.js';
import { type Context, isObject, readSection } from '../sections/read-section.js';
import { litellmSettings, routerSettings, sharedLayer } from '../schema/settings-schema.js';
import type { SortedKeys } from '../sections/sort-keys.js';
import { compact } from '../schema/values.js';

export interface Settings {
  readonly router: SettingsLayer;
  readonly litellm: SettingsLayer;
  readonly aliases: Readonly<Record<string, string>>;
  /** Aliases that are served, but listed nowhere. */
  readonly hiddenAliases: readonly string[] | undefined;
  /** `default_litellm_params`: what holds for deployments that do not set it. */
  readonly defaultParams: SortedKeys;
  readonly operational: Omit<OperationalSettings, 'deployments'>;
  /** The paths of modules with callbacks, as they are written. */
  readonly callbacks: string | readonly string[];
  /** Of the gateway's streams; LiteLLM takes it here and under `general_settings`. */
  readonly keepAliveMs: number | undefined;
}

/** `router_settings` and `litellm_settings`. */
export function readSettings(router: unknown, litellm: unknown, context: Context): Settings {
  const own = readRouter(router, context);
  const theirs = readLitellm(litellm, context);
  return {
    router: compact({
      ...sharedLayer(own),
      retryPolicy: own.retry_policy,
      modelGroupRetryPolicy: own.model_group_retry_policy,
      timeoutMs: own.timeout,
      streamTimeoutMs: own.stream_timeout,
      streamIdleTimeoutMs: own.stream_idle_timeout,
      retryAfterMs: own.retry_after,
      maxRetryDelayMs: own.max_retry_delay,
      fallbackReserve: own.fallback_reserve,
      maxLostAttempts: own.max_lost_attempts,
      fallbackApproval: own.fallback_approval,
    }),
    litellm: compact({
      ...sharedLayer(theirs),
      timeoutMs: theirs.request_timeout,
      validateSchema: theirs.enable_json_schema_validation,
    }),
    aliases: own.model_group_alias ?? {},
    hiddenAliases: own.hiddenAliases,
    defaultParams: readDefaults(router, context),
    operational: compact({
      allowedFails: own.allowed_fails,
      litellmAllowedFails: theirs.allowed_fails,
      allowedFailsPolicy: own.allowed_fails_policy,
      cooldownMs: own.cooldown_time,
      disableCooldowns: own.disable_cooldowns,
      maxParallelRequests: own.default_max_parallel_requests,
    }),
    callbacks: own.callbacks ?? [],
    keepAliveMs: theirs.sse_keepalive_ping_interval_seconds,
  };
}

const DEFAULT_PARAMS = 'default_litellm_params';

/** Read as `litellm_params` are: the router's other settings know nothing of them. */
function readDefaults(router: unknown, context: Context): SortedKeys {
  const defaults = isObject(router) ? Object.entries(router).find(([key]) => key === DEFAULT_PARAMS)?.[1] : undefined;
  const path = ['router_settings', DEFAULT_PARAMS];
  const { known, others } = readParams(defaults, path, context);
  const { model, ...rest } = known;
  if (model !== undefined) context.findings.note([...path, 'model'], 'not used: each deployment names its model');
  return { known: rest, others };
}

function readRouter(router: unknown, context: Context) {
  const path = ['router_settings'];
  if (isObject(router) && Object.hasOwn(router, DEFAULT_PARAMS)) {
    context.findings.honour('router_settings', DEFAULT_PARAMS);
  }
  const value = isObject(router)
    ? Object.fromEntries(Object.entries(router).filter(([key]) => key !== DEFAULT_PARAMS))
    : router;
  const { known } = readSection('router_settings', value, path, context);
  const settings = context.findings.read(routerSettings, known, path) ?? routerSettings.parse({});
  return { ...settings, hiddenAliases: hiddenIn(known['model_group_alias']) };
}

/** LiteLLM's form of an alias: an object with `model` and `hidden`. */
function hiddenIn(aliases: unknown): string[] | undefined {
  const isHidden = (target: unknown) => isObject(target) && 'hidden' in target && target.hidden === true;
  const entries = isObject(aliases) ? Object.entries(aliases) : [];
  const hidden = entries.filter(([, target]) => isHidden(target)).map(([alias]) => alias);
  return hidden.length === 0 ? undefined : hidden;
}

function readLitellm(value: unknown, context: Context) {
  const path = ['litellm_settings'];
  const { known } = readSection('litellm_settings', value, path, context);
  return context.findings.read(litellmSettings, known, path) ?? litellmSettings.parse({});
}
