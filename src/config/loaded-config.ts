import type { RoutingConfig } from '../core/settings.js';
import type { Finding } from './config-error.js';

/** How a worker reaches a deployment. Never leaves the worker. */
export interface Connection {
  readonly provider: 'openai';
  /** Base URL of the OpenAI-compatible endpoint. */
  readonly apiBase: string;
  readonly apiKey: string;
  readonly organization?: string | undefined;
  /** Fields of the body that the deployment sets, `temperature` for instance. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** Failures of each kind that a deployment may have in a minute, in LiteLLM's spelling (`RateLimitErrorAllowedFails`). */
type AllowedFailsPolicy = Readonly<Record<string, number | undefined>>;

/** When a deployment is left out of the picks. */
interface CooldownSettings {
  readonly allowedFails?: number | undefined;
  readonly allowedFailsPolicy?: AllowedFailsPolicy | undefined;
  readonly cooldownMs?: number | undefined;
}

/** What workers need of a deployment beside its connection. */
export interface DeploymentLimits extends CooldownSettings {
  readonly rpm?: number | undefined;
  readonly maxParallelRequests?: number | undefined;
}

/** What workers need of the router's settings, beside the routing: cooldowns and limits. */
export interface OperationalSettings extends CooldownSettings {
  readonly disableCooldowns?: boolean | undefined;
  readonly maxParallelRequests?: number | undefined;
  /** By deployment id. */
  readonly deployments: Readonly<Record<string, DeploymentLimits>>;
}

/** A config, checked and complete. */
export interface LoadedConfig {
  readonly routing: RoutingConfig;
  /** By deployment id. */
  readonly connections: Readonly<Record<string, Connection>>;
  /** All keys, to keep them out of every text that leaves the worker. */
  readonly secrets: readonly string[];
  readonly operational: OperationalSettings;
  /** What is accepted, but does not do what its author may expect. */
  readonly notes: readonly Finding[];
}
