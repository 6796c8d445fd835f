import type { SettingsLayer } from '../core/settings.js';
import type { OperationalSettings } from './loaded-config.js';
import { type Context, readSection } from './read-section.js';
import { litellmSettings, routerSettings, sharedLayer } from './settings-schema.js';
import { compact } from './values.js';

export interface Settings {
  readonly router: SettingsLayer;
  readonly litellm: SettingsLayer;
  readonly aliases: Readonly<Record<string, string>>;
  readonly operational: Omit<OperationalSettings, 'deployments'>;
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
    }),
    litellm: compact({ ...sharedLayer(theirs), timeoutMs: theirs.request_timeout }),
    aliases: own.model_group_alias ?? {},
    operational: compact({
      allowedFails: own.allowed_fails ?? theirs.allowed_fails,
      allowedFailsPolicy: own.allowed_fails_policy,
      cooldownMs: own.cooldown_time,
      disableCooldowns: own.disable_cooldowns,
      maxParallelRequests: own.default_max_parallel_requests,
    }),
  };
}

function readRouter(value: unknown, context: Context) {
  const path = ['router_settings'];
  const { known } = readSection('router_settings', value, path, context);
  return context.findings.read(routerSettings, known, path) ?? routerSettings.parse({});
}

function readLitellm(value: unknown, context: Context) {
  const path = ['litellm_settings'];
  const { known } = readSection('litellm_settings', value, path, context);
  return context.findings.read(litellmSettings, known, path) ?? litellmSettings.parse({});
}
