import type { Failure } from '../errors/classify.js';
import { ERROR_KINDS, type ErrorKind } from '../errors/error-kinds.js';
import type { AllowedFailsPolicy, OperationalSettings } from './operational.js';
import { ownProperty } from '../common/own-property.js';
import type { DeploymentPlan } from '../plan/settings.js';
import { firstSet, type Sourced } from '../common/sourced.js';
import { configuredId } from '../plan/wildcards.js';

/** Fields of an `allowed_fails_policy`, in LiteLLM's spelling, by the kind whose failures they count. */
const ALLOWED_FAILS_FIELDS: { readonly [kind in ErrorKind]?: string } = {
  AuthenticationError: 'AuthenticationErrorAllowedFails',
  PermissionDeniedError: 'AuthenticationErrorAllowedFails',
  NotFoundError: 'NotFoundErrorAllowedFails',
  Timeout: 'TimeoutErrorAllowedFails',
  RateLimitError: 'RateLimitErrorAllowedFails',
  InternalServerError: 'InternalServerErrorAllowedFails',
  GatewayTimeoutError: 'InternalServerErrorAllowedFails',
  APIConnectionError: 'InternalServerErrorAllowedFails',
  InvalidResponseError: 'InternalServerErrorAllowedFails',
  BadGatewayError: 'BadGatewayErrorAllowedFails',
  ServiceUnavailableError: 'ServiceUnavailableErrorAllowedFails',
};

/** Kinds that say at once that the deployment cannot serve for now. */
const COOLS_AT_ONCE: readonly ErrorKind[] = [
  'RateLimitError',
  'AuthenticationError',
  'PermissionDeniedError',
  'NotFoundError',
  'PaymentRequiredError',
];

/** When a deployment is left out of picks. */
export interface CooldownRules {
  /** Failures a minute that do not cool it; undefined: not set. @default 3 */
  readonly allowedFails?: number | undefined;
  /** The same per error kind; wins where it has a field for the kind. */
  readonly allowedFailsPolicy?: AllowedFailsPolicy | undefined;
  /** How long it cools when the provider does not say; 0 switches cooldowns off. */
  readonly cooldownMs: number;
  /** Whether it is the only deployment of its group: then it cools only by counts that were set. */
  readonly isOnly: boolean;
}

export const COOLDOWN_DEFAULTS = {
  allowedFails: 3,
  /** 5 s */
  cooldownMs: 5000,
  /** Failures are counted over a minute. */
  windowMs: 60_000,
} as const;

/** The settings of a deployment's cooldowns, each with where it comes from. */
export interface ResolvedCooldown {
  /** 0: it never cools. */
  readonly cooldownMs: Sourced<number>;
  readonly allowedFails: Sourced<number | null>;
  readonly allowedFailsPolicy: Sourced<AllowedFailsPolicy>;
}

/** Resolves what holds for a deployment: its own settings, the router's, LiteLLM's own, the default. */
export function resolveCooldown(
  settings: OperationalSettings,
  deployment: Pick<DeploymentPlan, 'id' | 'wildcardId'>,
): ResolvedCooldown {
  const own = ownProperty(settings.deployments, configuredId(deployment));
  const ofDeployment = (name: string) => `${name} of deployment ${deployment.id}`;
  return {
    cooldownMs: firstSet<number>(
      [
        ['router_settings.disable_cooldowns', settings.disableCooldowns === true ? 0 : undefined],
        [ofDeployment('cooldown_time'), own?.cooldownMs],
        ['router_settings.cooldown_time', settings.cooldownMs],
      ],
      COOLDOWN_DEFAULTS.cooldownMs,
    ),
    allowedFails: firstSet<number | null>(
      [
        [ofDeployment('allowed_fails'), own?.allowedFails],
        ['router_settings.allowed_fails', settings.allowedFails],
        ['litellm_settings.allowed_fails', settings.litellmAllowedFails],
      ],
      null,
    ),
    allowedFailsPolicy: firstSet<AllowedFailsPolicy>(
      [
        [ofDeployment('allowed_fails_policy'), own?.allowedFailsPolicy],
        ['router_settings.allowed_fails_policy', settings.allowedFailsPolicy],
      ],
      {},
    ),
  };
}

/** The rules without their sources. */
export function cooldownRules(resolved: ResolvedCooldown, isOnly: boolean): CooldownRules {
  const { cooldownMs, allowedFails, allowedFailsPolicy } = resolved;
  return {
    cooldownMs: cooldownMs.value,
    allowedFails: allowedFails.value ?? undefined,
    allowedFailsPolicy: allowedFailsPolicy.value,
    isOnly,
  };
}

/** Failures of a deployment in the last minute, the current one included. */
export interface RecentFailures {
  readonly all: number;
  readonly ofKind: number;
}

/** Whether a failure says something of the deployment, not of the caller or of our own deadline. */
export function isDeploymentsFault({ kind, deadlineReached }: Pick<Failure, 'kind' | 'deadlineReached'>): boolean {
  return ERROR_KINDS[kind].mayMove && !deadlineReached;
}

/** How long a deployment cools after a failure, in milliseconds; 0: it does not. */
export function cooldownAfter(
  failure: Pick<Failure, 'kind' | 'deadlineReached' | 'retryAfterMs'>,
  recent: RecentFailures,
  rules: CooldownRules,
): number {
  if (!isDeploymentsFault(failure) || rules.cooldownMs === 0) return 0;
  const limit = coolingLimit(failure.kind, rules);
  if (limit === null || (limit.field === null ? recent.all : recent.ofKind) < limit.failures) return 0;
  return failure.retryAfterMs ?? rules.cooldownMs;
}

/** How many failures within a minute make a deployment cool. */
export interface CoolingLimit {
  readonly failures: number;
  /** The field of `allowed_fails_policy` that says so and counts failures of its kind; null: all failures are counted. */
  readonly field: string | null;
  /** Whether `allowed_fails` says so, or its default. */
  readonly byAllowedFails: boolean;
}

/** The limit that counts when a deployment fails with this kind; null: it does not cool then. */
export function coolingLimit(kind: ErrorKind, rules: CooldownRules): CoolingLimit | null {
  const { allowedFails, allowedFailsPolicy = {}, isOnly } = rules;
  const field = ALLOWED_FAILS_FIELDS[kind];
  const allowedOfKind = field === undefined ? undefined : ownProperty(allowedFailsPolicy, field);
  if (field !== undefined && allowedOfKind !== undefined) {
    return { failures: allowedOfKind + 1, field, byAllowedFails: false };
  }
  if (isOnly && allowedFails === undefined) return null;
  if (!isOnly && COOLS_AT_ONCE.includes(kind)) return { failures: 1, field: null, byAllowedFails: false };
  return { failures: (allowedFails ?? COOLDOWN_DEFAULTS.allowedFails) + 1, field: null, byAllowedFails: true };
}
