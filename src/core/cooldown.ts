import type { Failure } from './classify.js';
import { ERROR_KINDS, type ErrorKind } from './error-kinds.js';
import { ownValue } from './own-value.js';

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
  readonly allowedFailsPolicy?: Readonly<Record<string, number | undefined>> | undefined;
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
  return cools(failure.kind, recent, rules) ? (failure.retryAfterMs ?? rules.cooldownMs) : 0;
}

function cools(
  kind: ErrorKind,
  recent: RecentFailures,
  { allowedFails, allowedFailsPolicy, isOnly }: CooldownRules,
): boolean {
  const field = ALLOWED_FAILS_FIELDS[kind];
  const allowedOfKind = field === undefined ? undefined : ownValue(allowedFailsPolicy ?? {}, field);
  if (allowedOfKind !== undefined) return recent.ofKind > allowedOfKind;
  if (isOnly) return allowedFails !== undefined && recent.all > allowedFails;
  return COOLS_AT_ONCE.includes(kind) || recent.all > (allowedFails ?? COOLDOWN_DEFAULTS.allowedFails);
}
