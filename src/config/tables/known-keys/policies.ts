import { POLICY_FIELDS } from '../../../core/errors/error-kinds.js';
import { honoured } from './row.js';

/** `retry_policy`, and each policy of `model_group_retry_policy`. */
export const RETRY_POLICY_KEYS = honoured(...POLICY_FIELDS);

/** Kinds of failures in LiteLLM's AllowedFailsPolicy. */
export const ALLOWED_FAILS_FIELDS = [
  'BadRequestErrorAllowedFails',
  'AuthenticationErrorAllowedFails',
  'TimeoutErrorAllowedFails',
  'RateLimitErrorAllowedFails',
  'ContentPolicyViolationErrorAllowedFails',
  'InternalServerErrorAllowedFails',
  'ServiceUnavailableErrorAllowedFails',
  'BadGatewayErrorAllowedFails',
  'NotFoundErrorAllowedFails',
] as const;

/** `allowed_fails_policy`, of the router and of a deployment. */
export const ALLOWED_FAILS_KEYS = honoured(...ALLOWED_FAILS_FIELDS);
