import type { HealthCheckSettings } from './health-request.js';

/** Failures of each kind that a deployment may have in a minute, in LiteLLM's spelling (`RateLimitErrorAllowedFails`). */
export type AllowedFailsPolicy = Readonly<Record<string, number | undefined>>;

/** When a deployment is left out of the picks. */
interface CooldownSettings {
  readonly allowedFails?: number | undefined;
  readonly allowedFailsPolicy?: AllowedFailsPolicy | undefined;
  readonly cooldownMs?: number | undefined;
}

/** What workers need of a deployment beside its connection. */
export interface DeploymentLimits extends CooldownSettings {
  readonly rpm?: number | undefined;
  readonly tpm?: number | undefined;
  readonly maxParallelRequests?: number | undefined;
  readonly healthCheck?: HealthCheckSettings | undefined;
}

/** What workers need of a config beside routing and connections: cooldowns, which each keeps for itself, and limits, which they share. */
export interface OperationalSettings extends CooldownSettings {
  /** `allowed_fails` of `litellm_settings`, for where the router sets none. */
  readonly litellmAllowedFails?: number | undefined;
  readonly disableCooldowns?: boolean | undefined;
  readonly maxParallelRequests?: number | undefined;
  /** How often deployments are checked that nobody asks. @default they are not */
  readonly healthCheckEveryMs?: number | undefined;
  /** By the id of the deployment in the config: see `configuredId` for deployments that a wildcard made. */
  readonly deployments: Readonly<Record<string, DeploymentLimits>>;
}
